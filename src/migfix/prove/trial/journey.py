"""Forward, back, forward: the steps of a trial, each with its outcome."""

from __future__ import annotations

import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from django.apps import apps as live_apps
from django.db import router
from django.db.migrations.exceptions import IrreversibleError
from django.db.migrations.migration import Migration
from django.db.migrations.operations import AlterField, DeleteModel, RemoveField, RunSQL
from django.db.migrations.state import ProjectState
from django.db.models import Field, Model

from migfix.errors import MigfixError
from migfix.model import Key
from migfix.prove.detect import changes
from migfix.prove.proof import Outcome, Place, Step, Trial
from migfix.prove.trial.databases import engine_name
from migfix.prove.trial.foreign import Foreign
from migfix.prove.trial.migrator import Migrator
from migfix.prove.trial.plain import against_plain, needed_tables, plain_schema
from migfix.prove.trial.rows import SyntheticRows
from migfix.prove.trial.snapshot import (
    RowDifference,
    Rows,
    Schema,
    fingerprints,
    is_filled_in,
    row_differences,
    rows_of,
    schema_differences,
    schema_of,
    steady_values,
    table_of,
)
from migfix.prove.trial.statements import StatementLog
from migfix.prove.trial.touched import Sources, flattened, is_separated, reverse_notes, touched
from migfix.prove.trial.values import NoRow

MOST_TOLD = 5
"""Differences that are told one by one."""


@dataclass(frozen=True)
class Route:
    """Which migrations are there before, and which run; ``order`` is that of a new database."""

    before: tuple[Key, ...]
    run: tuple[Key, ...]


@dataclass(frozen=True)
class Wishes:
    """What the person asked for."""

    count: int = 3
    own_rows: tuple[str, ...] = ()
    """SQL statements that put rows in, instead of synthetic ones."""
    is_telling_sql: bool = False


@dataclass
class _UnderWay:
    outcome: Outcome = Outcome.passed
    error: str | None = None
    notes: list[str] = field(default_factory=list)

    def fail(self, errors: list[str]) -> None:
        """Fail with these differences too, if there are any."""
        if errors:
            self.outcome = Outcome.failed
            self.error = "; ".join(filter(None, [self.error, _told(errors)]))

    def note(self, text: str) -> None:
        self.outcome = Outcome.noted if self.outcome is Outcome.passed else self.outcome
        self.notes.append(text)


class Journey:
    """One version of the files on one scratch database."""

    def __init__(
        self, migrator: Migrator, route: Route, wishes: Wishes, sources: Sources, tell: Callable[[str], None]
    ) -> None:
        self.migrator = migrator
        self.connection = migrator.connection
        self.route = route
        self.wishes = wishes
        self.sources = sources
        self.tell = tell
        self.log: StatementLog = migrator.log
        self.log.is_looking_at_locks = wishes.is_telling_sql and self.connection.vendor == "postgresql"
        self.steps: list[Step] = []
        self.migrations = self._migrations()
        self.irreversible, self.noops = reverse_notes(self.migrations, sources)
        self.schemas: list[Schema] = []
        self.rows: list[Rows] = []

    def run(self) -> None:
        """All steps. Raises MigfixError if the state before can't be reached."""
        self._go_to_the_state_before()
        self.tables = []
        with Foreign() as caught:
            states = (
                self.migrator.state_after(self.route.before),
                self.migrator.state_after((*self.route.before, *self.route.run)),
            )
            for state in states:
                _models(state, state.models)  # renders them
        if caught.error is not None:
            self.steps.append(Step("forward", Outcome.failed, 0.0, caught.said))
            return
        keys = touched(self.migrations, states, self.sources)
        old, new = (_models(state, keys) for state in states)
        synthetic = SyntheticRows(self.connection.alias, self.wishes.count, _becoming(states[0], self.migrations))
        old, new = [each for each in old if synthetic.is_here(each)], [each for each in new if synthetic.is_here(each)]
        self.tables = sorted({table_of(model) for model in (*old, *new)})
        self.stated = {each.name for model in old for each in (*model._meta.indexes, *model._meta.constraints)}
        self._fill(synthetic, old)
        self._look()
        if self._forward():
            is_back = self._back()
            if self._forward_again() if is_back else self.irreversible:
                self._insert(synthetic, new)
                self._use_separated(states, old, new)
                self._insert_as_before(synthetic, old)
        self._models()

    def trial(self, version: str) -> Trial:
        """What the steps showed."""
        counts = {table: tuple(_count(rows, table) for rows in self.rows) for table in self.tables}
        statements, locks = (self.log.statements, self.log.locks) if self.wishes.is_telling_sql else ([], {})
        return Trial(
            engine_name(self.connection),
            version,
            tuple(self.steps),
            counts,
            tuple(statements),
            tuple(locks.values()),
            values=steady_values(self.tables, *self.rows[1::2]) if len(self.rows) > 1 else {},
            before=fingerprints(self.tables, self.rows[0]) if self.rows else {},
        )

    def _migrations(self) -> list[Migration]:
        wanted = set(self.route.run)
        return [m for m in self.migrator.order(self.migrator.load()) if (m.app_label, m.name) in wanted]

    @contextmanager
    def _step(self, name: str) -> Iterator[_UnderWay]:
        """A step: what its block raises is what it shows, whoever raised it. Ctrl-C and the like go through."""
        self.tell(name)
        started, under_way, place = time.perf_counter(), _UnderWay(), None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Foreign() as caught, self.log.watching(name):
                yield under_way
        if caught.error is not None:
            under_way.fail([caught.said])
            place = self._place_of(caught.error)
            if place and place.operation.startswith("RunPython") and not self.wishes.own_rows:
                under_way.note(
                    "the rows are synthetic; if no row of yours can be like that, try --rows-from with your own"
                )
        seconds = time.perf_counter() - started
        self.steps.append(
            Step(name, under_way.outcome, seconds, under_way.error, place, tuple(dict.fromkeys(under_way.notes)))
        )

    def _place_of(self, error: BaseException) -> Place | None:
        """The operation that an error comes from; the line inside the file's own function where that raised it."""
        if isinstance(error, IrreversibleError):
            return next(iter(self.irreversible), None)
        place = self.log.blamed(error)
        if place:
            lines = [
                frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == place.path
            ]
            place = replace(place, line=lines[-1]) if lines else place
        return place

    @property
    def _is_passed(self) -> bool:
        return self.steps[-1].outcome is not Outcome.failed

    def _go_to_the_state_before(self) -> None:
        with self._step("state before"):
            self.migrator.prepare()
            self.migrator.forward(self.route.before)
            self.migrator.tell_all_apps()
        if not self._is_passed:
            step = self.steps[-1]
            where = f" ({step.place.path}:{step.place.line}, {step.place.operation})" if step.place else ""
            raise MigfixError(
                f"The state before can't be reached on {engine_name(self.connection)}: {step.error}{where}.",
                "An earlier migration of the project fails on a new database; mend that one first.",
            )

    def _fill(self, synthetic: SyntheticRows, models: list[type[Model]]) -> None:
        alias = self.connection.alias
        labels = sorted({app for app, _ in self.route.run})
        denied = [label for label in labels if not router.allow_migrate(alias, label)]
        with self._step("rows") as step:
            for label in denied:
                step.note(f"the routers keep {label} out of `{alias}`: --database says where its tables are")
            if self.wishes.own_rows:
                with self.connection.cursor() as cursor:
                    for sql in self.wishes.own_rows:
                        cursor.execute(sql)
                synthetic.reset_sequences(models)
                return
            synthetic.fill(models)
            empty = {model._meta.db_table for model in models if not _is_filled(model, alias)}
            why_not = "give rows of your own with --rows-from"
            step.fail([f"{table}: {why}; {why_not}" for table, why in synthetic.short.items() if table in empty])
            for table, why in synthetic.short.items():
                step.note(f"{table}: {why}")
            for column, kind in synthetic.values.readable.items():
                step.note(f"{column} becomes a {kind}: only text was put in that can be read as one")
            if not models and not denied:
                step.note("no table is there before that these migrations touch")

    def _look(self) -> None:
        with self.log.aside():
            self.schemas.append(schema_of(self.connection))
            self.rows.append(rows_of(self.connection))

    def _forward(self) -> bool:
        with self._step("forward"):
            self.migrator.forward(self.route.run)
            self._look()
        return self._is_passed

    def _back(self) -> bool:
        with self._step("back") as step:
            self.migrator.back(self.route.run)
            self._look()
            found = schema_differences(self.schemas[0], self.schemas[2], self.stated)
            step.fail([f"after going back, {each}" for each in found])
            self._weigh(step, row_differences(self.rows[0], self.rows[2]))
        return self._is_passed

    def _weigh(self, step: _UnderWay, found: list[RowDifference]) -> None:
        """Rows that are others after going back: by the nature of an operation, by a noop, or for no such reason."""
        there = self.rows[1]
        drops = [RemoveField, DeleteModel, RunSQL]
        kinds = {type(op) for migration in self.migrations for op in flattened(migration.operations)}
        for each in found:
            is_gone = each.table not in there or not set(each.columns) <= set(there[each.table][0])
            if is_gone and kinds.intersection(drops):
                step.note(f"{each}: going forward drops what was there, and going back can't bring it")
            elif AlterField in kinds and is_filled_in(each, self.rows[0], self.rows[2]):
                step.note(f"{each}: what was NULL was filled, and stays filled")
            elif self.noops:
                step.note(f"after going back, {each}: {_noops(self.noops)}")
            else:
                step.fail([f"after going back, {each}"])

    def _forward_again(self) -> bool:
        with self._step("forward again") as step:
            self.migrator.forward(self.route.run)
            self._look()
            step.fail([f"the second time, {each}" for each in schema_differences(self.schemas[1], self.schemas[3])])
            old = {table: columns for table, (columns, _) in self.rows[0].items()}
            found = [
                each
                for each in row_differences(self.rows[1], self.rows[3])
                if each.old != each.new or set(each.columns) & set(old.get(each.table, ()))
            ]
            for each in found:
                if self.noops:
                    step.note(f"the second time, {each}: {_noops(self.noops)}")
            if not self.noops:
                step.fail([f"the second time, {each}" for each in found])
        return self._is_passed

    def _insert(self, synthetic: SyntheticRows, models: list[type[Model]]) -> None:
        for model in models:
            with self._step("insert") as step:
                self._try_insert(synthetic, model, step)
            self._merge(f"{model._meta.db_table}: ")

    def _try_insert(self, synthetic: SyntheticRows, model: type[Model], step: _UnderWay) -> None:
        try:
            synthetic.insert(model)
        except NoRow as error:
            step.note(f"{model._meta.db_table}: no insert was tried: {error}")

    def _insert_as_before(self, synthetic: SyntheticRows, models: list[type[Model]]) -> None:
        """What the release before these migrations would do; a fact to weigh, no failure."""
        for model in models:
            with self._step("previous release") as step:
                self._try_insert(synthetic, model, step)
            if not self._is_passed:
                failed = self.steps.pop()
                why = (failed.error or "").partition(" DETAIL: ")[0]  # PostgreSQL goes on with the whole row
                note = f"code of the release before can't insert into {model._meta.db_table}: {why}"
                self.steps.append(replace(failed, outcome=Outcome.noted, error=None, place=None, notes=(note,)))
            self._merge("")

    def _merge(self, before: str) -> None:
        """Two steps of the same name are one: the worse outcome, both times and errors."""
        new = self.steps.pop()
        new = replace(new, error=before + new.error) if new.error else new
        old = self.steps[-1] if self.steps and self.steps[-1].name == new.name else None
        if old is None:
            self.steps.append(new)
            return
        worst = next(
            each for each in (Outcome.failed, Outcome.noted, Outcome.passed) if each in (old.outcome, new.outcome)
        )
        errors = "; ".join(filter(None, [old.error, new.error])) or None
        self.steps[-1] = Step(
            new.name, worst, old.seconds + new.seconds, errors, old.place or new.place, (*old.notes, *new.notes)
        )

    def _models(self) -> None:
        """Django's own word: nothing is left to write between the migrations and models.py, in either direction."""
        labels = {app for app, _ in self.route.run}
        with_models = {label for label in labels if live_apps.get_app_config(label).models_module}
        with self._step("makemigrations") as step:
            written, wanted = self.migrator.end_state(), ProjectState.from_apps(live_apps)
            if found := changes(written, wanted, with_models):
                step.fail([f"it would still write: {_told(found)}"])
            elif found := changes(wanted, written, with_models):
                step.fail([f"from models.py to the migrations it would write: {_told(found)}"])

    def _use_separated(
        self, states: tuple[ProjectState, ProjectState], old: list[type[Model]], new: list[type[Model]]
    ) -> None:
        """Where database and state went different ways: the tables are as a plain build makes them."""
        if not any(is_separated(each.operations) for each in self.migrations):
            return
        with self._step("plain schema") as step:
            alias = self.connection.alias
            before = plain_schema(alias, needed_tables(old))
            was = against_plain(self.schemas[0], before, old)
            now = against_plain(self.schemas[1], plain_schema(alias, needed_tables(new)), new)
            step.fail([f"beside a plain build of the models, {each}" for each in sorted(now - was)])


def _told(errors: list[str]) -> str:
    more = f"; and {len(errors) - MOST_TOLD} more" if len(errors) > MOST_TOLD else ""
    return "; ".join(errors[:MOST_TOLD]) + more


def _models(state: ProjectState, keys: Iterable[Key]) -> list[type[Model]]:
    """The touched models of a state, the tables of their many-to-many fields included."""
    found: dict[type[Model], None] = {}
    for key in keys:
        if key in state.models:
            model = state.apps.get_model(*key)._meta.concrete_model
            if not model._meta.swapped:
                found[model] = None
                found.update(dict.fromkeys(field.remote_field.through for field in model._meta.local_many_to_many))
    return list(found)


_TEXT = ("CharField", "TextField", "SlugField", "EmailField", "URLField")


def _becoming(before: ProjectState, migrations: Iterable[Migration]) -> dict[tuple[str, str], Field[Any, Any]]:
    """The text columns that get another type: their values must be such that they can."""
    found = {}
    for migration in migrations:
        for op in flattened(migration.operations):
            if isinstance(op, AlterField) and (migration.app_label, op.model_name_lower) in before.models:
                old = before.models[migration.app_label, op.model_name_lower].fields.get(op.name)
                is_text = old is not None and old.get_internal_type() in _TEXT
                if is_text and op.field.get_internal_type() not in (*_TEXT, "FileField") and not op.field.is_relation:
                    found[f"{migration.app_label}.{op.model_name_lower}", op.name] = op.field
    return found


def _is_filled(model: type[Model], alias: str) -> bool:
    return model._base_manager.using(alias).exists()


def _count(rows: Rows, table: str) -> int | None:
    return len(rows[table][1]) if table in rows else None


def _noops(places: list[Place]) -> str:
    lines = ", ".join(f"{place.operation} (line {place.line})" for place in places)
    return f"the reverse of {lines} does nothing"
