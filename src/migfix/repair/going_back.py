"""What must go back, in which order, and what is lost."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from django.db.migrations.migration import Migration
from django.db.migrations.operations import RunPython, RunSQL
from django.db.migrations.operations.base import Operation

from migfix.repair.compared import Compared
from migfix.repair.facets import Facet, wanted
from migfix.repair.held import held
from migfix.repair.history import Key, key_of
from migfix.repair.renames import renamed


def going_back(compared: Compared, gone: Collection[Key]) -> dict[str, object]:
    """The plan that takes back the applied migrations ``gone`` and all applied ones that depend on them."""
    applied, graph = compared.applied, compared.applied.loader.graph
    closed = {key for each in gone if each in applied.keys for key in graph.backwards_plan(each)} & applied.keys
    kept = applied.keys - closed
    migrations = [each for each in applied.order if key_of(each) in closed]
    every = list(compared.state.apps.get_models(include_auto_created=True))
    now = wanted(applied.connection, every)
    then = wanted(applied.connection, applied.state(kept).apps.get_models(include_auto_created=True))
    lost = sorted(_lost(compared.real, now, then) - renamed(applied, migrations))
    return {
        "back": [key_of(each) for each in reversed(migrations)],
        "lines": list(_lines(compared, migrations, kept)),
        "irreversible": [(*key_of(each), op) for each in migrations for op in _operations(each, is_stuck)],
        "noops": [(*key_of(each), op) for each in migrations for op in _operations(each, is_noop)],
        "lost": [(*facet[1:], held(applied.connection, every, facet)) for facet in lost],
        "kept": sorted(kept),
        "applied": sorted(applied.keys),
        "stricter": list(_stricter(now, then)),
    }


def _lines(compared: Compared, migrations: list[Migration], kept: Collection[Key]) -> Iterator[tuple[str, str]]:
    """The arguments of ``migrate``, in an order in which each takes back as little as possible."""
    waiting = [key_of(each) for each in reversed(migrations)]
    order = [key_of(each) for each in compared.applied.order]
    while waiting:
        app = waiting[0][0]
        names = [name for label, name in order if label == app and (label, name) in kept]
        yield app, names[-1] if names else "zero"
        graph = compared.applied.loader.graph
        done = {key for each in waiting if each[0] == app for key in graph.backwards_plan(each)}
        waiting = [each for each in waiting if each not in done]


def _operations(migration: Migration, is_wanted: Callable[[Operation], bool]) -> Iterator[str]:
    for index, operation in enumerate(migration.operations):
        if is_wanted(operation):
            name = f" {getattr(operation.code, '__name__', '')}" if isinstance(operation, RunPython) else ""
            yield f"{type(operation).__name__}{name} (operation {index + 1})"


def is_stuck(operation: Operation) -> bool:
    """Whether an operation has no way back."""
    return not operation.reversible


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
