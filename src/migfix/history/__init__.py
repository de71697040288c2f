"""The migration graph of a project, and the models and fields at each point of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import replace
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING

from migfix.history.state import State
from migfix.source import read_migration
from migfix.source.migration import Dependency, Key, Migration, Operation

if TYPE_CHECKING:
    from migfix.project.facts import Facts
    from migfix.project.installed import Package
    from migfix.project.reader import Module, Reader


class History:
    """All migrations of a project. Each app is read when it is first needed."""

    def __init__(self, facts: Facts, reader: Reader) -> None:
        self.facts = facts
        self.is_user_known = facts.auth_user is not None
        """Whether the model that AUTH_USER_MODEL means was passed or could be read."""
        self._reader = reader
        self._planned: dict[Key, Migration] = {}
        self._companions: dict[str, bytes] = {}
        self._on_disk: dict[str, dict[str, Migration]] = {}
        self._deployed = reader.deployed
        self._as_if_new: Key | None = None
        self._replaced: dict[str, dict[Key, Key]] = {}
        self._starts: dict[Migration, State] = {}
        self._apps: dict[str, dict[str, Migration]] = {}

    def with_migrations(
        self, migrations: Iterable[Migration], companions: Mapping[str, bytes] | None = None
    ) -> History:
        """A copy of the history in which ``migrations`` and ``companions`` replace the files on disk."""
        changed = History(self.facts, self._reader)
        changed._planned = self._planned | {each.key: each for each in migrations}
        changed._companions = self._companions | dict(companions or {})
        changed._on_disk = self._on_disk
        changed._as_if_new = self._as_if_new
        changed.is_user_known = self.is_user_known
        return changed

    def companion(self, path: str) -> bytes | None:
        """The content of a file next to the migrations, or None if it doesn't exist."""
        return self._companions.get(path, self._reader.companion(path))

    def module(self, name: str, near: str) -> Module | None:
        """The module of the project that the file ``near`` imports as ``name``."""
        return self._reader.module(name, near)

    def has_file(self, key: Key) -> bool:
        """Whether the app's migrations folder has a file with that name, even if it isn't a migration."""
        return any(
            self._reader.companion(str(PurePath(each.path).with_name(f"{key[1]}.py"))) is not None
            for each in self.app(key[0]).values()
        )

    def installs(self, app: str) -> bool:
        """Whether the settings are known to install ``app``, a dotted name."""
        return self._reader.installs(app)

    def package(self, app: str) -> Package | None:
        """The installed package that ships ``app``; None for the project's own apps and packages that aren't found."""
        return self._reader.package(app)

    @cached_property
    def whole(self) -> History:
        """The history including the migrations of installed packages."""
        facts = self.facts if self.is_user_known else replace(self.facts, auth_user=("auth", "user"))
        found = History(facts, self._reader.whole()).with_migrations(self._planned.values(), self._companions)
        found._on_disk = {label: each for label, each in self._on_disk.items() if each}
        found.is_user_known = self.is_user_known
        return found

    def why_deployed(self, migration: Migration) -> str:
        """Why a file counts as deployed, even if it was named, as the rest of a sentence; "" if it doesn't."""
        return "" if self._is_taken_as_new(migration) else self._deployed.why(migration, self._dependants)

    def _is_taken_as_new(self, migration: Migration) -> bool:
        """Whether a file counts as new even if it is deployed."""
        return migration.key == self._as_if_new or (self.facts.force and migration.key in self._planned)

    def _dependants(self, migration: Migration) -> Iterator[Migration]:
        """The migrations that depend on this one.

        Leaves out those that count as new, and those in a cycle with it, because neither of the two can have run.
        """
        for each in self.mentioning(migration.name):
            if migration.key not in map(self.resolve, each.dependencies) or self._is_taken_as_new(each):
                continue
            if not any(each.key == before.key for before in self.before(migration)):
                yield each

    @property
    def has_met_deployed(self) -> bool:
        """Whether a deployed file has been asked about so far."""
        return self._deployed.has_met_one

    def as_if_new(self, migration: Migration) -> History:
        """A copy of the history in which one named file counts as new although it is deployed."""
        changed = copy(self)
        changed._as_if_new = migration.key
        return changed

    def demand_known(self, migration: Migration) -> None:
        """Raises UnknownBase if migfix can't tell whether a file is deployed, unless ``force`` is set."""
        if not self.facts.force:
            self._deployed.demand_known(migration.path)

    def earlier(self, migration: Migration) -> Migration | None:
        """The deployed version of the migration if its file has changed since, else None."""
        source = self._deployed.earlier(migration.path)
        return None if source is None else read_migration(migration.path, *migration.key, source)

    def at(self, path: str) -> Migration | None:
        """The migration read from, or planned for, the file at ``path``; None if there is none."""
        known = [*self._planned.values(), *(each for app in self._on_disk.values() for each in app.values())]
        return next((each for each in known if each.path == path), None)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Every app of the project that has migrations."""
        return tuple(sorted({*self._reader.labels(), *(app for app, _ in self._planned)}))

    def app(self, label: str) -> dict[str, Migration]:
        """The migrations of an app by name; empty if it isn't part of the project."""
        if label not in self._on_disk:
            self._on_disk[label] = {each.name: each for each in self._reader.load(label)}
        if label not in self._apps:
            planned = {name: each for (app, name), each in self._planned.items() if app == label}
            self._apps[label] = self._on_disk[label] | planned
        return self._apps[label]

    def migration(self, key: Key) -> Migration | None:
        return self.app(key[0]).get(key[1])

    def is_new(self, migration: Migration) -> bool:
        """Whether the file isn't deployed yet, which means that it may be rewritten and that its tables are new."""
        is_likely = migration.key in self._planned or self._deployed.is_likely_new(migration.path)
        return is_likely and not self.why_deployed(migration)

    @property
    def knows_deployed(self) -> bool:
        """Whether git can tell which files are deployed, apart from those that were named."""
        return self._deployed.is_known

    def new_mentioning(self, text: str) -> tuple[Migration, ...]:
        """The new files that contain ``text``, in any case; empty if git can't tell which files are deployed."""
        return tuple(filter(self.is_new, self.mentioning(text))) if self.knows_deployed else ()

    def replaced_by(self, key: Key) -> Key:
        """The squashed migration that replaces ``key``, or ``key`` itself."""
        if key[0] not in self._replaced:
            squashed = [each for each in self.app(key[0]).values() if each.replaces]
            self._replaced[key[0]] = {old: each.key for each in reversed(squashed) for old in each.replaces}
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
        replaced = {key for each in self.app(label).values() for key in each.replaces}
        return tuple(each for each in self.app(label).values() if each.key not in replaced)

    def own_parents(self, migration: Migration) -> tuple[Key, ...]:
        return tuple(
            each.key
            for each in migration.dependencies
            if each.key and each.key[0] == migration.app and each.key[1] != "__first__"
        )

    def leaves(self, label: str) -> tuple[Key, ...]:
        """The migrations of an app that no other migration of the app depends on."""
        parents = {self.replaced_by(key) for each in self.active(label) for key in self.own_parents(each)}
        return tuple(each.key for each in self.active(label) if each.key not in parents)

    def parents(self, migration: Migration) -> tuple[Key, ...]:
        """The migrations of the project that must run before this one."""
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

    def mentioning(self, text: str) -> tuple[Migration, ...]:
        """Every migration of the project that contains ``text``, in any case."""
        on_disk = [self._planned.get(each.key, each) for each in self._reader.mentioning(text.lower().encode())]
        found = {each.key: each for each in [*on_disk, *self._planned.values()]}
        return tuple(each for each in found.values() if text.lower().encode() in each.source.lower())

    def before(self, migration: Migration) -> Iterator[Migration]:
        """All migrations that run before ``migration``, parents first. Each is yielded once, even in a cycle."""
        seen = {migration.key}
        stack = [(key, False) for key in reversed(self.parents(migration))]
        while stack:
            key, is_done = stack.pop()
            found = self.migration(key)
            if found is None or (key in seen and not is_done):
                continue
            if is_done:
                yield found
                continue
            seen.add(key)
            stack.append((key, True))
            stack.extend((parent, False) for parent in reversed(self.parents(found)) if parent not in seen)

    def state_before(self, migration: Migration, index: int = 0) -> State:
        """The models as they are just before operation ``index`` of ``migration``."""
        if migration not in self._starts:
            self._starts[migration] = self._start_of(migration)
        state = self._starts[migration].copy()
        state.replay(migration, migration.operations[:index])
        return state

    def _start_of(self, migration: Migration) -> State:
        """The models before a migration, built on the state after the migration just before it if that is cached."""
        before = list(self.before(migration))
        last = before[-1] if before else migration
        if last in self._starts and list(self.before(last)) == before[:-1]:
            return self.state_before(last, len(last.operations))
        state = State(self.facts)
        for each in before:
            state.replay(each, each.operations)
        return state

    def states(self, migration: Migration) -> Iterator[tuple[int, Operation, State]]:
        """Each operation with its index and the state just before it, which is one object that is updated in place."""
        state = self.state_before(migration)
        for index, op in enumerate(migration.operations):
            yield index, op, state
            state.replay(migration, [op])
