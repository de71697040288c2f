"""What is applied in the databases of a project, read in a separate process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from migfix.errors import MigfixError
from migfix.project.django.asking import ask
from migfix.project.layout import Server, server_from
from migfix.source.migration import Key


@dataclass(frozen=True)
class Recorded:
    """What a database has."""

    applied: frozenset[Key]
    """The migrations that are recorded as applied."""
    tables: Mapping[str, frozenset[str]]
    """Table -> its columns."""
    indexes: Mapping[str, frozenset[str]]
    """Table -> the names of its indexes."""
    invalid_indexes: frozenset[str]
    first_keys: Mapping[str, frozenset[int]]
    """Table -> the primary keys up to ``LAST_KEY`` that are there."""
    server: Server | None = None
    """How MySQL or MariaDB stores the tables; None for another engine."""


def recorded_in(root: Path, settings: str, aliases: Iterable[str]) -> dict[str, Recorded]:
    """Alias -> what is there. Without aliases, of all databases in the settings. Raises MigfixError."""
    failure = f"The databases of {settings} can't be read"
    answer = ask("migfix.project.django.recorded", root, settings, {"aliases": list(aliases)}, failure)
    for alias, found in answer.items():
        if isinstance(found, str):
            raise MigfixError(f"Database {alias} can't be read: {found}.", "Nothing was written.")
    return {
        alias: Recorded(
            frozenset((app, name) for app, name in found["applied"]),
            {table: frozenset(columns) for table, columns in found["tables"].items()},
            {table: frozenset(names) for table, names in found.get("indexes", {}).items()},
            frozenset(found["invalid"]),
            {table: frozenset(keys) for table, keys in found.get("keys", {}).items()},
            server_from(found["storage"]) if found.get("storage") else None,
        )
        for alias, found in answer.items()
    }


def applied_in(root: Path, settings: str, aliases: Iterable[str]) -> dict[str, frozenset[Key]]:
    """Alias -> the migrations applied there. Raises MigfixError if a database can't be read."""
    return {alias: each.applied for alias, each in recorded_in(root, settings, aliases).items()}
