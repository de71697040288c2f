"""Which migrations are deployed. Databases may have applied them, so changing them has no effect there."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Protocol

from migfix.project.facts import Facts
from migfix.source.migration import Key, Migration


class Base(Protocol):
    """What git knows about the files that may be deployed."""

    @property
    def is_there(self) -> bool:
        """Whether git knows the project."""

    def base_of(self, path: str) -> str:
        """The branch or commit that a deployed file is on: ``origin/main``."""

    def is_deployed(self, path: str) -> bool:
        """Whether the file is known to be deployed."""

    def is_unknown(self, path: str) -> bool:
        """Whether it is unknown if the file is deployed."""

    def demand_base(self) -> str:
        """The full name of the branch or commit with the deployed files. Raises UnknownBase."""

    def is_new(self, path: str) -> bool:
        """Whether the file is known not to be deployed."""

    def earlier(self, path: str) -> bytes | None:
        """The deployed version of the file if it has changed since; None otherwise, or if it is unknown."""

    def gone(self, path: str) -> Mapping[str, bytes]:
        """Path -> content of the deployed migrations in the folder of ``path`` whose files have been deleted since."""


class Deployed:
    """Which migrations are deployed, according to git, the databases and the migrations that depend on them.

    A migration is deployed if it is on the default branch, if it is applied in a database that was checked, or if a
    deployed migration depends on it.
    """

    def __init__(self, base: Base, facts: Facts, named: tuple[Path, ...]) -> None:
        self._base = base
        self._facts = facts
        self._named = frozenset(map(str, named))
        self._reasons: dict[Key, str] = {}

    @property
    def is_known(self) -> bool:
        """Whether git knows the project."""
        return self._base.is_there

    @property
    def has_met_one(self) -> bool:
        """Whether ``why()`` has found a deployed migration so far."""
        return any(self._reasons.values())

    def why(self, migration: Migration, dependants: Callable[[Migration], Iterable[Migration]]) -> str:
        """Why a migration counts as deployed, as the rest of a sentence after its name; "" if it doesn't."""
        if migration.key not in self._reasons:
            self._reasons[migration.key] = ""  # the answer for cycles, while dependants are checked
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
        """Whether a file was named or isn't deployed according to git. Deployed files may still depend on it."""
        return path in self._named or self._base.is_new(path)

    def demand_known(self, path: str) -> None:
        """Raises UnknownBase if git can't determine whether a file is deployed."""
        if self._base.is_unknown(path):
            self._base.demand_base()

    def earlier(self, path: str) -> bytes | None:
        """The deployed version of a file if it has changed since; None otherwise."""
        return self._base.earlier(path)

    def gone(self, path: str) -> Mapping[str, bytes]:
        """Path -> content of the deployed migrations in the folder of ``path`` whose files have been deleted since."""
        return self._base.gone(path)
