"""The counterpart of ``asking``: the process that imports the project and answers one request."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from typing import Any

import django


def reply(answer: Callable[[dict[str, Any]], object]) -> None:
    """Load the project that the request names, and write the result of ``answer`` for the request."""
    request = json.load(sys.stdin)
    sys.path.insert(0, request["root"])
    os.environ["DJANGO_SETTINGS_MODULE"] = request["settings"]
    real_stdout, sys.stdout = sys.stdout, sys.stderr
    django.setup()
    json.dump(answer(request), real_stdout)
