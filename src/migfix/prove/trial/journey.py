"""Forward, back, forward: the steps of a trial, each with its outcome."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from django.apps import apps as live_apps
from django.db import router
from django.db.migrations.migration import Migration
from django.db.migrations.state import ProjectState
from django.db.models import Model

from migfix.errors import MigfixError
from migfix.findings.proof import Outcome, Step, Trial
from migfix.project.django.tenants import enter_new_schema, has_tenants
from migfix.prove.autodetector import changes
from migfix.prove.trial.foreign import Foreign
from migfix.prove.trial.going_back import shown_noops, weigh
from migfix.prove.trial.inserts import insert, insert_as_before
from migfix.prove.trial.migrator import Migrator
from migfix.prove.trial.models import becoming, models_of
from migfix.prove.trial.plain import against_plain, needed_tables, plain_schema
from migfix.prove.trial.row_checks.edge_rows import EdgeRows
from migfix.prove.trial.row_checks.reading import Reading, TableKey, losses, read
from migfix.prove.trial.row_checks.renumbered import ReplacedKeys
from migfix.prove.trial.scratch.databases import engine_name
from migfix.prove.trial.scratch.real_schema import RealSchema
from migfix.prove.trial.snapshot import (
    Rows,
    Schema,
    fingerprints,
    row_differences,
    rows_of,
    schema_differences,
    schema_of,
    steady_values,
    table_of,
)
from migfix.prove.trial.statements import StatementLog
from migfix.prove.trial.steps import Steps, shortened
from migfix.prove.trial.test_rows.rows import SyntheticRows
from migfix.prove.trial.touched import Sources, is_separated, reverse_notes, touched, written
from migfix.source.migration import Key


@dataclass(frozen=True)
class Route:
    """The migrations that are applied before, and those that are run. Both are in the order of a new database."""

    before: tuple[Key, ...]
    run: tuple[Key, ...]


@dataclass(frozen=True)
class Wishes:
    """The options of the user."""

    count: int = 3
    own_rows: tuple[str, ...] = ()
    """SQL statements that insert rows, to be used instead of test rows."""
    shows_sql: bool = False
    real: RealSchema | None = None
    """The structure to start from, in place of that which the migrations make."""


class Journey:
    """One version of the files on one scratch database."""

    def __init__(
        self, migrator: Migrator, route: Route, wishes: Wishes, sources: Sources, report_step: Callable[[str], None]
    ) -> None:
        self.migrator = migrator
        self.connection = migrator.connection
        self.route = route
        self.wishes = wishes
        self.sources = sources
        self.log: StatementLog = migrator.log
        self.log.is_looking_at_locks = wishes.shows_sql and self.connection.vendor == "postgresql"
        self.migrations = self._migrations()
        self.irreversible, self.noops = reverse_notes(self.migrations, sources)
        self.steps = Steps(self.log, report_step, self.irreversible, bool(wishes.own_rows))
        self.schemas: list[Schema] = []
        self.rows: list[Rows] = []

    def run(self) -> None:
        """Run all steps. Raises MigfixError if the state before can't be reached."""
        self._go_to_the_state_before()
        self.tables = []
        with Foreign() as caught:
            states = (
                self.migrator.state_after(self.route.before),
                self.migrator.state_after((*self.route.before, *self.route.run)),
            )
            for state in states:
                models_of(state, state.models)  # renders them
        if caught.error is not None:
            self.steps.all.append(Step("forward", Outcome.failed, 0.0, caught.message))
            return
        keys = touched(self.migrations, states, self.sources)
        self.written = written(self.migrations, states, self.sources)
        old, new = (models_of(state, keys) for state in states)
        synthetic = SyntheticRows(self.connection.alias, self.wishes.count, becoming(states[0], self.migrations))
        old, new = [each for each in old if synthetic.is_here(each)], [each for each in new if synthetic.is_here(each)]
        self.tables = sorted({table_of(model) for model in (*old, *new)})
        self.replaced = ReplacedKeys(old, new)
        self.stated = {each.name for model in old for each in (*model._meta.indexes, *model._meta.constraints)}
        self._fill(synthetic, old)
        self._look()
        with self.log.aside():
            before = read(old, self.connection.alias)
        if self._forward(before, new):
            is_back = self._back()
            if self._forward_again() if is_back else self.irreversible:
                insert(self.steps, synthetic, new)
                self._use_separated(states, old, new)
                insert_as_before(self.steps, synthetic, old)
            is_passed = is_back and not any(step.outcome is Outcome.failed for step in self.steps.all)
            if is_passed and not self.wishes.own_rows:
                self._edge_rows().run(self.steps, old, new)
        self._models()

    def trial(self, version: str) -> Trial:
        """The result of the steps."""
        counts = {table: tuple(_count(rows, table) for rows in self.rows) for table in self.tables}
        statements, locks = (self.log.statements, self.log.locks) if self.wishes.shows_sql else ([], {})
        return Trial(
            engine_name(self.connection),
            version,
            tuple(self.steps.all),
            counts,
            tuple(statements),
            tuple(locks.values()),
            values=steady_values(self.tables, *self.rows[1::2]) if len(self.rows) > 1 else {},
            before=fingerprints(self.tables, self.rows[0]) if self.rows else {},
        )

    def _migrations(self) -> list[Migration]:
        wanted = set(self.route.run)
        return [m for m in self.migrator.order(self.migrator.load()) if (m.app_label, m.name) in wanted]

    def _go_to_the_state_before(self) -> None:
        with self.steps.step("state before") as under_way:
            before = self.route.before
            if real := self.wishes.real:
                under_way.note(f"built from the structure of the real database `{real.alias}`, not from the migrations")
                real.build(self.connection)
                before = tuple(each for each in before if each not in real.applied)
            self.migrator.prepare()
            self.migrator.forward(before)
            self.migrator.notify_all_apps()
            if has_tenants(self.connection) and len(self._denied) == len({app for app, _ in self.route.run}):
                enter_new_schema(self.connection)
                if self.wishes.real:
                    under_way.note("the schema of the tenant comes from the migrations")
                self.migrator.prepare()
                self.migrator.forward(self.route.before)
                self.migrator.notify_all_apps()
        if not self.steps.is_passed:
            step = self.steps.last
            where = f" ({step.place.path}:{step.place.line}, {step.place.operation})" if step.place else ""
            raise MigfixError(
                f"The state before can't be reached on {engine_name(self.connection)}: {step.error}{where}.",
                "Rows aren't copied. If a migration that isn't applied there needs some, migrate that database first."
                if self.wishes.real
                else "An earlier migration of the project fails on a new database. Fix that one first.",
            )

    @property
    def _denied(self) -> list[str]:
        """The apps that the routers keep out of the database, or out of the schema of a tenant."""
        labels = sorted({app for app, _ in self.route.run})
        return [label for label in labels if not router.allow_migrate(self.connection.alias, label)]

    def _fill(self, synthetic: SyntheticRows, models: list[type[Model]]) -> None:
        alias = self.connection.alias
        with self.steps.step("rows") as step:
            for label in (denied := self._denied):
                step.note(f"the routers keep {label} out of `{alias}`: use --database for the database with its tables")
            if self.wishes.own_rows:
                with self.connection.cursor() as cursor:
                    for sql in self.wishes.own_rows:
                        cursor.execute(sql)
                synthetic.reset_sequences(models)
                return
            synthetic.fill(models)
            empty = {model._meta.db_table for model in models if not _is_filled(model, alias)}
            why_not = "insert your own with --rows-from"
            step.fail([f"{table}: {why}; {why_not}" for table, why in synthetic.short.items() if table in empty])
            for table, why in synthetic.short.items():
                step.note(f"{table}: {why}")
            for column, kind in synthetic.values.readable.items():
                step.note(f"{column} becomes a {kind}: the test rows only have text that can be read as one")
            if not models and not denied:
                step.note("these migrations touch no existing table")

    def _look(self) -> None:
        with self.log.aside():
            self.schemas.append(schema_of(self.connection))
            self.rows.append(rows_of(self.connection))

    def _forward(self, before: Mapping[TableKey, Reading], new: list[type[Model]]) -> bool:
        with self.steps.step("forward") as step:
            self.migrator.forward(self.route.run)
            self._look()
            with self.log.aside():
                after = read(new, self.connection.alias)
            step.fail(losses(before, after, self.schemas[1], self.written))
        return self.steps.is_passed

    def _back(self) -> bool:
        with self.steps.step("back") as step:
            self.migrator.back(self.route.run)
            self._look()
            found = schema_differences(self.schemas[0], self.schemas[2], self.stated)
            step.fail([f"after going back, {each}" for each in found])
            before, there, after = self.rows[:3]
            weigh(step, self.migrations, self.noops, before, there, self.replaced.translated(after, before))
            for table, column in self.replaced.tables.items():
                step.note(f"{table}.{column} has other numbers after going back: its rows were given other keys")
        return self.steps.is_passed

    def _forward_again(self) -> bool:
        with self.steps.step("forward again") as step:
            self.migrator.forward(self.route.run)
            self._look()
            step.fail([f"the second time, {each}" for each in schema_differences(self.schemas[1], self.schemas[3])])
            old = {table: columns for table, (columns, _) in self.rows[0].items()}
            again = self.replaced.translated(self.rows[3], self.rows[1])
            found = [
                each
                for each in row_differences(self.rows[1], again)
                if each.old != each.new or set(each.columns) & set(old.get(each.table, ()))
            ]
            for each in found:
                if self.noops:
                    step.note(f"the second time, {each}: {shown_noops(self.noops)}")
            if not self.noops:
                step.fail([f"the second time, {each}" for each in found])
        return self.steps.is_passed

    def _edge_rows(self) -> EdgeRows:
        return EdgeRows(
            self.connection.alias,
            self.connection.features.can_rollback_ddl and all(each.atomic for each in self.migrations),
            lambda: self.migrator.forward(self.route.run),
            lambda: self.migrator.back(self.route.run),
        )

    def _models(self) -> None:
        """Check that makemigrations finds no changes between the migrations and models.py, in either direction."""
        labels = {app for app, _ in self.route.run}
        with_models = {label for label in labels if live_apps.get_app_config(label).models_module}
        with self.steps.step("makemigrations") as step:
            written, wanted = self.migrator.end_state(), ProjectState.from_apps(live_apps)
            if found := changes(written, wanted, with_models):
                step.fail([f"it would still write: {shortened(found)}"])
            elif found := changes(wanted, written, with_models):
                step.fail([f"from models.py to the migrations it would write: {shortened(found)}"])

    def _use_separated(
        self, states: tuple[ProjectState, ProjectState], old: list[type[Model]], new: list[type[Model]]
    ) -> None:
        """If a migration separates database and state, compare the tables with a plain build of the models.

        Only differences that didn't exist before the migrations count.
        """
        if not any(is_separated(each.operations) for each in self.migrations):
            return
        with self.steps.step("plain schema") as step:
            alias = self.connection.alias
            before = plain_schema(alias, needed_tables(old))
            was = against_plain(self.schemas[0], before, old)
            now = against_plain(self.schemas[1], plain_schema(alias, needed_tables(new)), new)
            step.fail([f"compared with a plain build of the models, {each}" for each in sorted(now - was)])


def _is_filled(model: type[Model], alias: str) -> bool:
    return model._base_manager.using(alias).exists()


def _count(rows: Rows, table: str) -> int | None:
    return len(rows[table][1]) if table in rows else None
