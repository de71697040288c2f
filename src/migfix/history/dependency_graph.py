"""Which migration runs before which, as Django's MigrationGraph has it, read from source."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from migfix.source.migration import Dependency, Key, Migration

if TYPE_CHECKING:
    from migfix.project.facts import Facts


class DependencyGraph(ABC):
    """The migrations of a project and the dependencies between them. What was looked up is kept."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self._replaced: dict[str, dict[Key, Key]] = {}
        self._active: dict[str, tuple[Migration, ...]] = {}
        self._leaves: dict[str, tuple[Key, ...]] = {}
        self._parents: dict[Migration, tuple[Key, ...]] = {}

    @abstractmethod
    def app(self, label: str) -> Mapping[str, Migration]:
        """The migrations of an app by name; empty if it isn't part of the project."""

    @abstractmethod
    def mentioning(self, text: str) -> tuple[Migration, ...]:
        """Every migration of the project that contains ``text``, in any case."""

    @abstractmethod
    def migration(self, key: Key) -> Migration | None:
        """The migration of the project with that key; None if there is none."""

    @abstractmethod
    def squashed(self, label: str) -> tuple[Migration, ...]:
        """The migrations of an app that replace others."""

    def replaced_by(self, key: Key) -> Key:
        """The squashed migration that replaces ``key``, or ``key`` itself."""
        if key[0] not in self._replaced:
            squashed = reversed(self.squashed(key[0]))
            self._replaced[key[0]] = {old: each.key for each in squashed for old in each.replaces}
        return self._replaced[key[0]].get(key, key)

    def resolve(self, dependency: Dependency) -> Key | None:
        """The migration that a dependency means, or None if it isn't part of the project."""
        if dependency.setting == "AUTH_USER_MODEL" and self.facts.auth_user:
            return self.resolve_key((self.facts.auth_user[0], "__first__"))
        if dependency.setting and dependency.setting in self.facts.swapped:
            return self.resolve_key((self.facts.swapped[dependency.setting][0], "__first__"))
        return self.resolve_key(dependency.key) if dependency.key else None

    def resolve_key(self, key: Key) -> Key | None:
        """The migration of the project that ``key`` means, ``__first__`` and ``__latest__`` included."""
        app, name = key
        if name == "__first__":
            return next((each.key for each in self.active(app) if not self.own_parents(each)), None)
        if name == "__latest__":
            return next(iter(self.leaves(app)), None)
        return key if self.migration(key) or self.replaced_by(key) != key else None

    def active(self, label: str) -> tuple[Migration, ...]:
        """The migrations of an app that run on a new database: squashed migrations instead of those they replace."""
        if label not in self._active:
            replaced = {key for each in self.app(label).values() for key in each.replaces}
            self._active[label] = tuple(each for each in self.app(label).values() if each.key not in replaced)
        return self._active[label]

    def own_parents(self, migration: Migration) -> tuple[Key, ...]:
        return tuple(
            each.key
            for each in migration.dependencies
            if each.key and each.key[0] == migration.app and each.key[1] != "__first__"
        )

    def leaves(self, label: str) -> tuple[Key, ...]:
        """The migrations of an app that no other migration of the app depends on."""
        if label not in self._leaves:
            parents = {self.replaced_by(key) for each in self.active(label) for key in self.own_parents(each)}
            self._leaves[label] = tuple(each.key for each in self.active(label) if each.key not in parents)
        return self._leaves[label]

    def parents(self, migration: Migration) -> tuple[Key, ...]:
        """The migrations of the project that must run before this one."""
        if migration not in self._parents:
            self._parents[migration] = self._found_parents(migration)
        return self._parents[migration]

    def parents_of(self, key: Key) -> tuple[Key, ...]:
        """The parents of the migration with that key; empty if there is none."""
        migration = self.migration(key)
        return self.parents(migration) if migration else ()

    def _found_parents(self, migration: Migration) -> tuple[Key, ...]:
        squashed = self.replaced_by(migration.key)
        found = [key for each in migration.dependencies if (key := self.resolve(each))]
        found += [each.key for each in self._running_before.get(migration.key, ())]
        standing = [
            key if self.replaced_by(key) == squashed != migration.key else self.replaced_by(key) for key in found
        ]
        return tuple(dict.fromkeys(key for key in standing if key != migration.key))

    @cached_property
    def _running_before(self) -> dict[Key, list[Migration]]:
        found: dict[Key, list[Migration]] = {}
        for migration in self.mentioning("run_before"):
            for key in migration.run_before:
                found.setdefault(key, []).append(migration)
        return found

    def before(self, migration: Migration) -> Iterator[Migration]:
        """All migrations that run before ``migration``, parents first. Each is yielded once, even in a cycle."""
        for key in parents_first(self.parents(migration), self.parents_of, (migration.key,)):
            found = self.migration(key)
            if found:
                yield found


def parents_first(
    start: Iterable[Key], parents: Callable[[Key], Iterable[Key]], *done: Container[Key]
) -> Iterator[Key]:
    """``start`` and its ancestors, each once, even in a cycle. Leaves out what is in ``done``.

    It is iterative, because chains of migrations are long.
    """
    seen: set[Key] = set()
    stack = [(key, False) for key in reversed(tuple(start))]
    while stack:
        key, are_parents_done = stack.pop()
        if are_parents_done:
            yield key
        elif key not in seen and not any(key in each for each in done):
            seen.add(key)
            stack.append((key, True))
            stack.extend((parent, False) for parent in reversed(tuple(parents(key))) if parent not in seen)
