"""Run migrations on a scratch database as ``migrate`` does, and record which operation is running."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from django.apps import apps as live_apps
from django.core.management.commands.migrate import Command as MigrateCommand
from django.core.management.sql import emit_post_migrate_signal, emit_pre_migrate_signal
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.executor import MigrationExecutor
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ModelState, ProjectState
from django.utils.module_loading import module_has_submodule

from migfix.findings.proof import Place
from migfix.prove.planned import PlannedLoader
from migfix.prove.trial.statements import StatementLog
from migfix.prove.trial.touched import Sources
from migfix.source.migration import Key


class _Executor(MigrationExecutor):
    def __init__(self, connection: BaseDatabaseWrapper, loader: PlannedLoader, log: StatementLog) -> None:
        self.connection = connection
        self.loader = loader
        self.recorder = MigrationRecorder(connection)
        self.progress_callback = lambda action, *rest: log.let_go() if action.endswith("_success") else None

    def state_of_the_database(self) -> ProjectState:
        state = self._create_project_state(with_applied_migrations=True)  # type: ignore[attr-defined]
        assert isinstance(state, ProjectState)
        return state


class Migrator:
    """One version of the migrations of a project, and the database to run them on."""

    def __init__(
        self, connection: BaseDatabaseWrapper, sources: Sources, hidden: Iterable[str], log: StatementLog
    ) -> None:
        self.connection = connection
        self.sources = sources
        self.log = log
        self.hidden = frozenset(hidden)

    def load(self) -> PlannedLoader:
        """A loader with the migrations and with those that are applied in the database."""
        return PlannedLoader(self.connection, self.sources.planned, self.hidden)

    def prepare(self) -> None:
        """Do what ``migrate`` does first: prepare the database and create the tables of apps without migrations."""
        for config in live_apps.get_app_configs():
            if config.module and module_has_submodule(config.module, "management"):
                import_module(".management", config.name)
        self.connection.prepare_database()
        command = MigrateCommand()
        command.verbosity = 0
        command.sync_apps(self.connection, self.load().unmigrated_apps)

    def forward(self, keys: Iterable[Key]) -> None:
        """Apply these migrations in Django's order. Everything they depend on must already be applied."""
        self._run(set(keys), is_backward=False)

    def back(self, keys: Iterable[Key]) -> None:
        """Unapply these migrations."""
        self._run(set(keys), is_backward=True)

    def order(self, loader: PlannedLoader) -> list[Migration]:
        """All migrations, in the order in which Django applies them to a new database."""
        executor = _Executor(self.connection, loader, self.log)
        return [each for each, _ in executor.migration_plan(loader.graph.leaf_nodes(), clean_start=True)]

    def state_after(self, keys: Iterable[Key]) -> ProjectState:
        """The state after only these migrations, including the apps without migrations."""
        loader, wanted = self.load(), set(keys)
        state = ProjectState(real_apps=loader.unmigrated_apps)
        for migration in self.order(loader):
            if (migration.app_label, migration.name) in wanted:
                state = migration.mutate_state(state, preserve=False)
        return state

    def end_state(self) -> ProjectState:
        """The state after all migrations, independent of the database."""
        state = PlannedLoader(None, self.sources.planned, self.hidden).project_state()
        assert isinstance(state, ProjectState)
        return state

    def notify_all_apps(self) -> None:
        """Send post_migrate, which creates content types, permissions, the default site and the project's own rows."""
        executor = _Executor(self.connection, self.load(), self.log)
        state = executor.state_of_the_database()
        state.clear_delayed_apps_cache()
        apps = state.apps
        with apps.bulk_update():
            keys = [(each.app_label, each.name_lower) for each in apps.real_models]
            for key in keys:
                apps.unregister_model(*key)
        apps.render_multiple([ModelState.from_model(live_apps.get_model(*key)) for key in keys])
        emit_post_migrate_signal(0, False, self.connection.alias, apps=apps, plan=[])

    def _run(self, keys: set[Key], is_backward: bool) -> None:
        loader = self.load()
        executor = _Executor(self.connection, loader, self.log)
        plan = [(each, is_backward) for each in self.order(loader) if (each.app_label, each.name) in keys]
        if is_backward:
            plan.reverse()
        for migration, _ in plan:
            for index, operation in enumerate(migration.operations):
                self._watch(operation, self.sources.place(migration, operation, index))
        state = executor.state_of_the_database()
        emit_pre_migrate_signal(0, False, self.connection.alias, apps=state.apps, plan=plan)
        targets = [(each.app_label, each.name) for each, _ in plan]
        executor.migrate(targets, plan=plan, state=None if is_backward else state.clone())

    def _watch(self, operation: Operation, place: Place) -> None:
        for name in ("state_forwards", "database_forwards", "database_backwards"):
            method = getattr(operation, name)

            def watched(app: str, *rest: Any, method: Any = method, is_state: bool = name == "state_forwards") -> None:
                with self.log.running(place, None if is_state else rest[0]):
                    method(app, *rest)

            setattr(operation, name, watched)
