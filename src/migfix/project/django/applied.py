"""What is applied in the databases of a project, read in a separate process."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from migfix.errors import MigfixError
from migfix.project.django.asking import ask
from migfix.source.migration import Key


def applied_in(root: Path, settings: str, aliases: Iterable[str]) -> dict[str, frozenset[Key]]:
    """Alias -> the migrations applied there. Without aliases, of all databases in the settings.

    Raises MigfixError if one can't be read.
    """
    failure = f"The databases of {settings} can't be read"
    answer = ask("migfix.project.django.recorded", root, settings, {"aliases": list(aliases)}, failure)
    for alias, found in answer.items():
        if isinstance(found, str):
            raise MigfixError(f"Database {alias} can't be read: {found}.", "Nothing was written.")
    return {alias: frozenset((app, name) for app, name in found) for alias, found in answer.items()}
