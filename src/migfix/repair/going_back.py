"""What must go back, in which order, and what is lost."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.migration import Migration
from django.db.migrations.operations import RemoveField, RunPython, RunSQL
from django.db.migrations.operations.base import Operation
from django.db.models import NOT_PROVIDED, Field, Model

from migfix.repair.compared import Compared
from migfix.repair.facets import Facet, is_here, table_of, wanted
from migfix.repair.history import Key, key_of, walked
from migfix.repair.renames import renamed
from migfix.repair.rows.held import held
from migfix.repair.rows.returning import returning


def going_back(compared: Compared, gone: Collection[Key]) -> dict[str, object]:
    """The plan that takes back the applied migrations ``gone`` and all applied ones that depend on them."""
    applied, graph = compared.applied, compared.applied.loader.graph
    closed = {key for each in gone if each in applied.keys for key in graph.backwards_plan(each)} & applied.keys
    kept = applied.keys - closed
    migrations = [each for each in applied.order if key_of(each) in closed]
    every = list(compared.state.apps.get_models(include_auto_created=True))
    now = wanted(applied.connection, every)
    older = list(applied.state(kept).apps.get_models(include_auto_created=True))
    then = wanted(applied.connection, older)
    lost = sorted(_lost(compared.real, now, then) - renamed(applied, migrations))
    lines, beside = _lines(compared, migrations, kept)
    here = [model for model in older if is_here(applied.connection, model)]
    stuck = [(*key_of(each), op) for each in migrations for op in _operations(each, is_stuck)]
    return {
        "back": [key_of(each) for each in reversed(migrations)],
        "lines": lines,
        "beside": beside,
        "irreversible": [*stuck, *(each for migration in migrations for each in _without_value(compared, migration))],
        "noops": [(*key_of(each), op) for each in migrations for op in _operations(each, is_noop)],
        "lost": [(*facet[1:], held(applied.connection, every, facet)) for facet in lost],
        "refused": list(returning(applied.connection, here, then - now, compared.real)),
        "has_way_back": any(map(has_way_back, (op for each in migrations for op in each.operations))),
        "kept": sorted(kept),
        "applied": sorted(applied.keys),
        "stricter": [*_stricter(now, then), *_pointing(applied.connection, every, then)],
    }


def _lines(compared: Compared, migrations: list[Migration], kept: Collection[Key]) -> tuple[list[Key], list[Key]]:
    """The arguments of ``migrate``, in order, and what Django can't take back without other migrations."""
    waiting = [key_of(each) for each in reversed(migrations)]
    closed = set(waiting)
    order = [key_of(each) for each in reversed(compared.applied.order)]
    lines = list[Key]()
    while waiting:
        app = waiting[0][0]
        targets = [key for key in order if key[0] == app and key in kept] or [(app, "zero")]
        taken = ((key, _taken_back(compared, key)) for key in targets)
        found = next(((key, done) for key, done in taken if done <= closed and done & set(waiting)), None)
        if found is None:
            return lines, [each for each in waiting if each[0] == app]
        lines.append(found[0])
        waiting = [each for each in waiting if each not in found[1]]
    return lines, []


def _taken_back(compared: Compared, target: Key) -> set[Key]:
    """What ``migrate APP NAME`` takes back, as in ``MigrationExecutor.migration_plan()``."""
    graph = compared.applied.loader.graph
    if target[1] == "zero":
        first = [key for key in graph.root_nodes() if key[0] == target[0]]
    else:
        first = [each.key for each in graph.node_map[target].children if each.key[0] == target[0]]
    return {key for each in first for key in graph.backwards_plan(each)} & compared.applied.keys


def _without_value(compared: Compared, migration: Migration) -> Iterator[tuple[str, str, str]]:
    """The columns that come back NOT NULL and that Django has no value for, in tables with rows."""
    connection = compared.applied.connection
    editor: Any = connection.SchemaEditorClass(connection, collect_sql=True)
    for operation, before, _ in walked(compared.applied, migration):
        if not isinstance(operation, RemoveField):
            continue
        model = before.apps.get_model(migration.app_label, operation.model_name)
        field = model._meta.get_field(operation.name)
        if not isinstance(field, Field) or not field.column or field.null or getattr(field, "generated", False):
            continue
        has_default = getattr(field, "db_default", NOT_PROVIDED) is not NOT_PROVIDED
        table = ("table", table_of(model))
        if not has_default and editor.effective_default(field) is None and table in compared.real:
            if held(connection, [model], table):
                yield (*key_of(migration), f"RemoveField {field.name}, which comes back NOT NULL without a value")


def _pointing(connection: BaseDatabaseWrapper, every: list[type[Model]], then: set[Facet]) -> Iterator[str]:
    """The new tables that point at older ones: older code doesn't delete their rows first."""
    tables = {facet[1] for facet in then if facet[0] == "table"}
    for model in every:
        for field in model._meta.local_concrete_fields if is_here(connection, model) else ():
            target = field.remote_field.model if field.remote_field else model
            is_new = table_of(model) not in tables and getattr(field, "db_constraint", False)
            if is_new and table_of(target) in tables:
                yield f"rows of {table_of(target)} that {table_of(model)} points at can't be deleted"


def _operations(migration: Migration, is_wanted: Callable[[Operation], bool]) -> Iterator[str]:
    for index, operation in enumerate(migration.operations):
        if is_wanted(operation):
            name = f" {getattr(operation.code, '__name__', '')}" if isinstance(operation, RunPython) else ""
            yield f"{type(operation).__name__}{name} (operation {index + 1})"


def is_stuck(operation: Operation) -> bool:
    """Whether an operation has no way back."""
    return not operation.reversible


def has_way_back(operation: Operation) -> bool:
    """Whether going back runs code or SQL, which may change rows."""
    return isinstance(operation, RunPython | RunSQL) and operation.reversible and not is_noop(operation)


def is_noop(operation: Operation) -> bool:
    """Whether going back leaves what a data step did."""
    if isinstance(operation, RunPython):
        return operation.reverse_code is RunPython.noop and operation.code is not RunPython.noop
    return isinstance(operation, RunSQL) and operation.reverse_sql == RunSQL.noop


def _lost(real: set[Facet], now: set[Facet], then: set[Facet]) -> set[Facet]:
    """The tables and columns that go."""
    tables = {facet[1] for facet in then if facet[0] == "table"}
    return {
        facet for facet in (now - then) & real if facet[0] == "table" or (facet[0] == "column" and facet[1] in tables)
    }


_STRICT = ("unique", "constraint", "key")


def _stricter(now: set[Facet], before: set[Facet]) -> Iterator[str]:
    """What the tables of older code refuse today and took then."""
    tables = {facet[1] for facet in before if facet[0] == "table"}
    columns = {facet[1:3] for facet in before if facet[0] == "column"}
    types = {facet[1:3]: facet[3] for facet in before if facet[0] == "type"}
    for facet in sorted(now - before):
        kind, table, rest = facet[:3] if len(facet) > 2 else (*facet, "")
        if table not in tables:
            continue
        if kind in _STRICT and all((table, each) in columns for each in rest.split(",") if kind != "constraint"):
            yield f"{table}: {'foreign key' if kind == 'key' else kind} {rest}"
        elif kind == "null" and facet[3] == "NOT NULL" and (table, rest) in columns:
            yield f"{table}.{rest} is NOT NULL"
        elif kind == "type" and types.get((table, rest), facet[3]) != facet[3]:
            yield f"{table}.{rest} is {facet[3]} and was {types[table, rest]}"
