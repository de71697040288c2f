"""Import the code of an older release, whose files are in a tree of their own, instead of today's."""

from __future__ import annotations

import sys
from pathlib import Path

from django.apps import apps

from migfix.errors import MigfixError


def import_from(tree: Path, top: Path) -> None:
    """Take from the older ``tree`` what the Python path takes from today's work tree at ``top``."""
    inside = {each: Path(each).resolve() for each in sys.path if Path(each).resolve().is_relative_to(top)}
    older = {each: tree / path.relative_to(top) for each, path in inside.items()}
    sys.path[:] = [str(older[each]) if each in older and older[each].is_dir() else each for each in sys.path]


def demand_older(top: Path) -> None:
    """Raises MigfixError if an app is still imported from today's work tree."""
    for config in apps.get_app_configs():
        path = Path(config.path).resolve()
        if path.is_relative_to(top) and "site-packages" not in path.parts:
            raise MigfixError(f"The app {config.label} is imported from {path}.")
