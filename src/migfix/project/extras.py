"""Packages that only some commands need, and the extra of migfix that installs them."""

from __future__ import annotations

import importlib.util

from migfix.errors import MigfixError

EXTRAS = {
    "review": {"pygments": "pygments"},
    "verify": {"model_bakery": "model-bakery", "dj_database_url": "dj-database-url", "rich": "rich"},
}
"""Extra -> module -> name of its package."""


def demand(extra: str, what: str) -> None:
    """Raises MigfixError if packages of ``extra`` are missing; ``what`` is the feature that needs them."""
    missing = [package for module, package in EXTRAS[extra].items() if importlib.util.find_spec(module) is None]
    if missing:
        raise MigfixError(
            f"{what} needs {', '.join(missing)}, which {'are' if len(missing) > 1 else 'is'} not installed.",
            f"Run: pip install 'migfix[{extra}]'",
        )
