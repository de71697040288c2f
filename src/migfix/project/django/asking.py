"""Ask Django in a separate process that imports the project: a request as JSON in, the answer as JSON out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from migfix.errors import MigfixError


def ask(module: str, root: Path, settings: str, request: dict[str, Any], failure: str = "") -> Any:
    """The answer of the process ``python -m module`` in the project at ``root``.

    Raises MigfixError if it fails, with the last line of its error output after the text ``failure``.
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
        fact = failure or f"Django can't load {settings}"
        raise MigfixError(f"{fact}: {reason}.", "Nothing was written.")
    return json.loads(result.stdout)
