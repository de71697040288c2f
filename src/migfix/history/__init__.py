"""The migration graph of a project, and the models and fields at each point of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from copy import copy
from dataclasses import replace
from functools import cached_property
from pathlib import PurePath
from typing import TYPE_CHECKING

from migfix.errors import UnreadableFile
from migfix.history.dependency_graph import DependencyGraph
from migfix.history.state import State
from migfix.history.timeline import Question, Timeline
from migfix.source import read_migration
from migfix.source.migration import Key, Migration, Operation

if TYPE_CHECKING:
    from migfix.project.facts import Facts
    from migfix.project.installed import Package
    from migfix.project.reader import Module, Reader


class History(DependencyGraph):
    """All migrations of a project. Each app is read when it is first needed."""

    def __init__(self, facts: Facts, reader: Reader) -> None:
        super().__init__(facts)
        self.is_user_known = facts.auth_user is not None
        """Whether the model that AUTH_USER_MODEL means was passed or could be read."""
        self._reader = reader
        self._planned: dict[Key, Migration] = {}
        self._companions: dict[str, bytes] = {}
        self._on_disk: dict[str, dict[str, Migration]] = {}
        """The apps that were read as a whole."""
        self._read: dict[Key, Migration | None] = {}
        """The migrations that were read one by one."""
        self._deployed = reader.deployed
        self._as_if_new: Key | None = None
        self._apps: dict[str, dict[str, Migration]] = {}
        self._earlier_whole: History | None = None
        """``whole`` of the history that this one is a changed copy of."""
        self._gone: dict[str, tuple[Migration, ...]] = {}
        self._mentioning: dict[tuple[str, bytes], tuple[Migration, ...]] = {}
        self._timeline = Timeline(self)

    def with_migrations(
        self, migrations: Iterable[Migration], companions: Mapping[str, bytes] | None = None
    ) -> History:
        """A copy of the history in which ``migrations`` and ``companions`` replace the files on disk."""
        changed = History(self.facts, self._reader)
        planned = {each.key: each for each in migrations}
        changed._planned = self._planned | planned
        changed._companions = self._companions | dict(companions or {})
        changed._on_disk, changed._read = self._on_disk, self._read
        changed._as_if_new, changed._gone = self._as_if_new, self._gone
        changed.is_user_known = self.is_user_known
        changed._earlier_whole = self.__dict__.get("whole")
        new = {key: each for key, each in planned.items() if self._parents and self.migration(key) is not each}
        if self._parents and all(self._has_same_place(self.migration(key), each) for key, each in new.items()):
            changed._parents = {each: parents for each, parents in self._parents.items() if each.key not in new}
            changed._timeline = self._timeline.following(changed, new)
        return changed

    def _has_same_place(self, old: Migration | None, new: Migration) -> bool:
        """Whether the rest of the graph stays as it is if ``new`` replaces ``old``."""
        if old is None or old.replaces != new.replaces or old.run_before != new.run_before:
            return False
        return self.own_parents(old) == self.own_parents(new)

    @cached_property
    def _planned_in(self) -> dict[str, dict[str, Migration]]:
        """App label -> the planned migrations of the app by name."""
        found: dict[str, dict[str, Migration]] = {}
        for (app, name), each in self._planned.items():
            found.setdefault(app, {})[name] = each
        return found

    def companion(self, path: str) -> bytes | None:
        """The content of a file next to the migrations, or None if it doesn't exist."""
        return self._companions.get(path, self._reader.companion(path))

    def module(self, name: str, near: str) -> Module | None:
        """The module of the project that the file ``near`` imports as ``name``."""
        return self._reader.module(name, near)

    def is_folder(self, module: str, near: str) -> bool:
        """Whether a dotted name is a folder or a compiled module, which has no source to read."""
        return self._reader.is_folder(module, near)

    def defining(self, name: str) -> list[str]:
        """The modules of the project with a class, a function or a constant of that name at module level."""
        return self._reader.defining(name)

    def has_file(self, key: Key) -> bool:
        """Whether the app's migrations folder has a file with that name, even if it isn't a migration."""
        return any(
            self._reader.companion(str(PurePath(each.path).with_name(f"{key[1]}.py"))) is not None
            for each in self.app(key[0]).values()
        )

    def installs(self, app: str) -> bool:
        """Whether the settings are known to install ``app``, a dotted name."""
        return self._reader.installs(app)

    def has_app(self, label: str) -> bool | None:
        """Whether the project or a package has an app with migrations called ``label``; None if that is unknown."""
        return self._reader.has_app(label)

    def package(self, app: str) -> Package | None:
        """The installed package that ships ``app``; None for the project's own apps and packages that aren't found."""
        return self._reader.package(app)

    @cached_property
    def whole(self) -> History:
        """The history including the migrations of installed packages."""
        facts = self.facts if self.is_user_known else replace(self.facts, auth_user=("auth", "user"))
        start = self._earlier_whole or History(facts, self._reader.whole())
        found = start.with_migrations(self._planned.values(), self._companions)
        found._on_disk = start._on_disk | {label: each for label, each in self._on_disk.items() if each}
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
            if not self.runs_before(each.key, migration):
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
        """Raises UnknownBase if migfix can't determine whether a file is deployed, unless ``force`` is set."""
        if not self.facts.force:
            self._deployed.demand_known(migration.path)

    def earlier(self, migration: Migration) -> Migration | None:
        """The deployed version of the migration if its file has changed since, else None."""
        source = self._deployed.earlier(migration.path)
        return None if source is None else read_migration(migration.path, *migration.key, source)

    def gone(self, migration: Migration) -> tuple[Migration, ...]:
        """The deployed migrations of the same app whose files have been deleted since."""
        if migration.app not in self._gone:
            found = self._deployed.gone(migration.path).items()
            read = (_read(path, migration.app, source) for path, source in found if not path.endswith("__init__.py"))
            self._gone[migration.app] = tuple(filter(None, read))
        return self._gone[migration.app]

    def at(self, path: str) -> Migration | None:
        """The migration read from, or planned for, the file at ``path``; None if there is none."""
        name = PurePath(path).stem
        labels = dict.fromkeys((*self._planned_in, *self._on_disk, *(app for app, _ in self._read)))
        known = (self.migration((label, name)) for label in labels)
        return next((each for each in known if each and each.path == path), None)

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Every app of the project that has migrations."""
        return tuple(sorted({*self._reader.labels(), *self._planned_in}))

    def migration(self, key: Key) -> Migration | None:
        """The migration of the project with that key; None if there is none. The rest of its app isn't read."""
        label, name = key
        if label in self._apps or label in self._on_disk:
            return self.app(label).get(name)
        if key in self._planned:
            return self._planned[key]
        if key not in self._read:
            self._read[key] = self._reader.load_one(label, name)
        return self._read[key]

    def squashed(self, label: str) -> tuple[Migration, ...]:
        """The migrations of an app that replace others."""
        found = {each.name: each for each in self._reader.squashed(label)} | self._planned_in.get(label, {})
        return tuple(each for each in found.values() if each.replaces)

    def app(self, label: str) -> dict[str, Migration]:
        """The migrations of an app by name; empty if it isn't part of the project."""
        if label not in self._on_disk:
            self._on_disk[label] = {each.name: each for each in self._reader.load(label)}
        if label not in self._apps:
            self._apps[label] = self._on_disk[label] | self._planned_in.get(label, {})
        return self._apps[label]

    def is_new(self, migration: Migration) -> bool:
        """Whether the file isn't deployed yet, which means that it may be rewritten and that its tables are new."""
        is_likely = migration.key in self._planned or self._deployed.is_likely_new(migration.path)
        return is_likely and not self._reader.is_shipped(migration.path) and not self.why_deployed(migration)

    @property
    def knows_deployed(self) -> bool:
        """Whether git can determine which files are deployed, apart from those that were named."""
        return self._deployed.is_known

    def new_mentioning(self, text: str) -> tuple[Migration, ...]:
        """The new files that contain ``text``, in any case; empty if git can't determine which files are deployed."""
        if not self.knows_deployed:
            return ()
        wanted = text.lower().encode()
        likely = {each.key: self._planned.get(each.key, each) for each in self._reader.likely_new} | self._planned
        return tuple(each for each in likely.values() if wanted in each.source.lower() and self.is_new(each))

    def app_mentioning(self, label: str, text: bytes) -> tuple[Migration, ...]:
        """The migrations of an app that contain ``text``."""
        if (label, text) not in self._mentioning:
            planned = self._planned_in.get(label, {})
            on_disk = (planned.get(each.name, each) for each in self._reader.app_mentioning(label, text))
            found = {each.name: each for each in (*on_disk, *planned.values()) if text in each.source}
            self._mentioning[label, text] = tuple(found.values())
        return self._mentioning[label, text]

    def may_have_leaves(self, label: str) -> bool:
        """Whether an app may have more than one leaf, as far as the text of its files shows."""
        return len(self._reader.unnamed(label)) > 1

    def mentioning(self, text: str) -> tuple[Migration, ...]:
        """Every migration of the project that contains ``text``, in any case."""
        if ("", text.encode()) not in self._mentioning:
            self._mentioning["", text.encode()] = self._all_mentioning(text)
        return self._mentioning["", text.encode()]

    def _all_mentioning(self, text: str) -> tuple[Migration, ...]:
        on_disk = [self._planned.get(each.key, each) for each in self._reader.mentioning(text.lower().encode())]
        found = {each.key: each for each in [*on_disk, *self._planned.values()]}
        return tuple(each for each in found.values() if text.lower().encode() in each.source.lower())

    def runs_before(self, key: Key, migration: Migration) -> bool:
        """Whether the migration ``key`` of the project runs before ``migration``."""
        return self._timeline.is_before(key, migration)

    def any_before(self, migration: Migration, question: Question) -> bool:
        """Whether the answer is yes for ``migration`` or for one that runs before it.

        Answers are kept, so they must only depend on the migration and the graph.
        """
        return self._timeline.any_before(migration, question)

    def state_before(self, migration: Migration, index: int = 0) -> State:
        """The models as they are just before operation ``index`` of ``migration``."""
        return self._timeline.state_before(migration, index)

    def state_after(self, migration: Migration) -> State:
        """The models as they are after ``migration``."""
        return self._timeline.state_before(migration, len(migration.operations))

    def state_at_end(self, keys: Iterable[Key]) -> State | None:
        """The models as they are after all of ``keys``; None if a cycle prevents an order. It must not be changed."""
        return self._timeline.state_after_all(tuple(keys))

    def states(self, migration: Migration) -> Iterator[tuple[int, Operation, State]]:
        """Each operation with its index and the state just before it, which is one object that is updated in place."""
        state = self.state_before(migration)
        for index, op in enumerate(migration.operations):
            yield index, op, state
            state.replay(migration, [op])


def _read(path: str, app: str, source: bytes) -> Migration | None:
    """The migration in a file that is gone; None if it wasn't one."""
    try:
        return read_migration(path, app, PurePath(path).stem, source)
    except UnreadableFile:
        return None
