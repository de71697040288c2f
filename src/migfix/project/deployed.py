"""Which migrations are deployed: databases may have applied them, so that changing them changes nothing there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Protocol

from migfix.project.facts import Facts
from migfix.source.migration import Key, Migration


class Base(Protocol):
    """What git knows of the files that may have run somewhere."""

    @property
    def is_there(self) -> bool:
        """Whether anything is known."""

    def base_of(self, path: str) -> str:
        """Where a deployed file is: ``origin/main``."""

    def is_deployed(self, path: str) -> bool:
        """Whether the file is known to be deployed."""

    def is_unknown(self, path: str) -> bool:
        """Whether nobody can say if the file is deployed."""

    def demand_base(self) -> str:
        """Where the deployed files are, by its full name. Raises UnknownBase."""

    def is_new(self, path: str) -> bool:
        """Whether the file is known not to be deployed."""

    def earlier(self, path: str) -> bytes | None:
        """The file as it is deployed, where it has been changed since; None otherwise, or if nobody knows."""


class Deployed:
    """What git, the databases and the files that depend on it say of a migration.

    It is deployed if it is on the default branch, or applied in a database that was looked at, or if one that is
    deployed depends on it.
    """

    def __init__(self, base: Base, facts: Facts, named: tuple[Path, ...]) -> None:
        self._base = base
        self._facts = facts
        self._named = named
        self._reasons: dict[Key, str] = {}

    @property
    def is_known(self) -> bool:
        """Whether git can say which files are deployed, beside those that were named."""
        return self._base.is_there

    @property
    def has_met_one(self) -> bool:
        """Whether it was asked about a migration that is deployed."""
        return any(self._reasons.values())

    def why(self, migration: Migration, dependants: Callable[[Migration], Iterable[Migration]]) -> str:
        """Why a migration counts as deployed, as a sentence goes on after its name; "" if it doesn't."""
        if migration.key not in self._reasons:
            self._reasons[migration.key] = ""  # stands while those that depend on it are asked, in a circle too
            self._reasons[migration.key] = self._why(migration, dependants)
        return self._reasons[migration.key]

    def _why(self, migration: Migration, dependants: Callable[[Migration], Iterable[Migration]]) -> str:
        if not self.is_known and not self._facts.applied:
            return ""
        if self._base.is_deployed(migration.path):
            return f"is on {self._base.base_of(migration.path)}"
        for alias, applied in self._facts.applied.items():
            if migration.key in applied:
                return f"is applied in the database {alias}"
        for each in dependants(migration):
            if why := self.why(each, dependants):
                return f"is needed by {'.'.join(each.key)}, which {why}"
        return ""

    def is_likely_new(self, path: str) -> bool:
        """Whether a file was named, or git knows that it isn't deployed; others may depend on it all the same."""
        return Path(path) in self._named or self._base.is_new(path)

    def demand_known(self, path: str) -> None:
        """Raises UnknownBase if git can't say whether a file is deployed."""
        if self._base.is_unknown(path):
            self._base.demand_base()

    def earlier(self, path: str) -> bytes | None:
        """A file as it is deployed, where it has been changed since; None otherwise."""
        return self._base.earlier(path)
