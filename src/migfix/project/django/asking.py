"""Ask Django in a separate process that imports the project: a request as JSON in, the answer as JSON out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from migfix.errors import MigfixError


class NoAnswer(MigfixError):
    """The process failed."""

    def __init__(self, fact: str, reason: str) -> None:
        super().__init__(f"{fact}: {reason}.", "Nothing was written.")
        self.reason = reason
        """The last line of its error output."""


def ask(module: str, root: Path, settings: str, request: dict[str, Any], failure: str = "") -> Any:
    """The answer of the process ``python -m module`` in the project at ``root``.

    Raises NoAnswer if it fails, with the text ``failure``.
    """
    result = subprocess.run(
        [sys.executable, "-m", module],
        input=json.dumps({"root": str(root), "settings": settings, **request}),
        capture_output=True,
        text=True,
        cwd=root,
        check=False,
    )
    if result.returncode:
        reason = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise NoAnswer(failure or f"Django can't load {settings}", reason.rstrip("."))
    return json.loads(result.stdout)
