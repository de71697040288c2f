"""The migrations of a project and what a database has applied, as Django loads them."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

Key = tuple[str, str]


@dataclass(frozen=True, eq=False)
class Applied:
    """A database and the migrations of its project."""

    connection: BaseDatabaseWrapper

    @cached_property
    def _executor(self) -> MigrationExecutor:
        return MigrationExecutor(self.connection)

    @property
    def loader(self) -> MigrationLoader:
        """Raises what Django raises if the migrations can't be loaded."""
        return self._executor.loader

    @cached_property
    def keys(self) -> frozenset[Key]:
        """The migrations that are applied and whose files are there."""
        return frozenset(key for key in self.loader.applied_migrations if key in self.loader.graph.nodes)

    @cached_property
    def order(self) -> list[Migration]:
        """All migrations, in the order in which Django applies them to a new database."""
        return [each for each, _ in self._executor.migration_plan(self.loader.graph.leaf_nodes(), clean_start=True)]

    @property
    def pending(self) -> list[Migration]:
        """The migrations that aren't applied, in order."""
        return [each for each in self.order if key_of(each) not in self.keys]

    def state(self, keys: Collection[Key]) -> ProjectState:
        """The models after these migrations, and after what they depend on if they can't be read without it."""
        state = self._empty
        try:
            for migration in self.order:
                if key_of(migration) in keys:
                    state = migration.mutate_state(state, preserve=False)
        except (KeyError, LookupError, ValueError):  # one that it depends on isn't applied
            return self._project_state(keys, at_end=True)
        return state

    def before(self, key: Key) -> ProjectState:
        """The models before a migration."""
        return self._project_state([key], at_end=False)

    def after(self, key: Key) -> ProjectState:
        """The models after a migration."""
        return self._project_state([key], at_end=True)

    def fakes(self, migration: Migration) -> bool:
        """Whether ``migrate --fake-initial`` would record a migration without running it."""
        return bool(self._executor.detect_soft_applied(None, migration)[0])

    def _project_state(self, keys: Collection[Key], at_end: bool) -> ProjectState:
        state = self.loader.project_state(list(keys), at_end=at_end) if keys else self._empty
        assert isinstance(state, ProjectState)
        return state

    @cached_property
    def end(self) -> ProjectState:
        """The models after all migrations."""
        return self._project_state(self.loader.graph.leaf_nodes(), at_end=True)

    @property
    def _empty(self) -> ProjectState:
        return ProjectState(real_apps=self.loader.unmigrated_apps)


def key_of(migration: Migration) -> Key:
    """The app and the name of a migration."""
    return migration.app_label, migration.name


def walked(applied: Applied, migration: Migration) -> Iterator[tuple[Operation, ProjectState, ProjectState]]:
    """Each operation of a migration with the models before and after it."""
    state = applied.before(key_of(migration))
    for operation in migration.operations:
        after = state.clone()
        operation.state_forwards(migration.app_label, after)
        yield operation, state, after
        state = after
