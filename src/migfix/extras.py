"""Packages that only some commands need, and the extra of migfix that brings them."""

from __future__ import annotations

import importlib.util

from migfix.errors import MigfixError

VERIFY = {"model_bakery": "model-bakery", "dj_database_url": "dj-database-url", "rich": "rich"}
"""What ``migfix[verify]`` brings: module -> name of its package."""
REVIEW = {"pygments": "pygments"}
"""What ``migfix[review]`` brings."""


def demand(needed: dict[str, str], what: str, extra: str) -> None:
    """Raises MigfixError, in one line, where packages that ``what`` needs are missing."""
    missing = [package for module, package in needed.items() if importlib.util.find_spec(module) is None]
    if missing:
        raise MigfixError(
            f"{what} needs {', '.join(missing)}, which {'are' if len(missing) > 1 else 'is'} not installed.",
            f"Run: pip install 'migfix[{extra}]'",
        )
