"""Bring a migration that isn't recorded to its end, or take back what is there of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from django.db.migrations.operations import AlterField, CreateModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from migfix.repair.facets import table_of, wanted
from migfix.repair.history import Applied, key_of, walked
from migfix.repair.progress import Part, Progress, is_data
from migfix.repair.rows.held import held
from migfix.repair.steps import Step, of_operation, of_record, of_tables, reversed_operation


@dataclass(frozen=True)
class Left:
    """Something that isn't mended, and why."""

    what: str


def finish(applied: Applied, progress: Progress, real: set[tuple[str, ...]]) -> list[Step] | Left:
    """The steps that run the rest of a migration and record it; or those that take its beginning back."""
    migration, parts = progress.migration, progress.parts
    name = ".".join(key_of(migration))
    steps, unsure = [], False
    for index, (operation, before, after) in enumerate(walked(applied, migration)):
        runs = parts[index] is Part.missing
        if parts[index] is Part.partly:
            if not (links := _left_links(applied, operation, migration.app_label, after, real)):
                return Left(f"{name}: a part of `{operation.describe()}` is there")
            steps.append(links)
        if parts[index] is Part.unknown and is_data(operation):
            is_done = progress.is_overtaken or progress.is_whole
            has_run = Part.there in parts[index:] or (is_done and _has_followers(applied, progress))
            runs = not has_run and Part.missing in parts[:index]
            unsure |= not has_run and not runs
        elif parts[index] is Part.unknown and isinstance(operation, AlterField):
            # as for a collation: twice is harmless
            runs = not progress.is_overtaken and Part.there not in parts[index:]
        if runs:
            if lost := would_lose(applied, (before, after), migration.app_label, operation, real):
                return Left(f"{name}: SQLite would make {lost[0]} anew without the column {lost[1]}")
            steps.append(of_operation(operation, migration.app_label, before, after, not migration.atomic))
    if unsure:
        return take_back(applied, progress)
    return [*steps, of_record(applied.connection, *key_of(migration))]


def _left_links(
    applied: Applied, operation: Operation, app: str, after: ProjectState, real: set[tuple[str, ...]]
) -> Step | None:
    """The step that makes the link tables of a CreateModel whose own table is there as a whole."""
    if not isinstance(operation, CreateModel):
        return None
    model = after.apps.get_model(app, operation.name)
    if not wanted(applied.connection, [model]) <= real:
        return None
    every = [field.remote_field.through for field in model._meta.local_many_to_many]
    left = [each for each in every if each._meta.auto_created and ("table", table_of(each)) not in real]
    return of_tables(left) if left else None


def take_back(applied: Applied, progress: Progress) -> list[Step] | Left:
    """The steps that remove the beginning of a migration, so that migrate runs all of it.

    A data function may have run or not: only what it can't have written is removed.
    """
    name, app = ".".join(key_of(progress.migration)), progress.migration.app_label
    whole = list(zip(walked(applied, progress.migration), progress.parts, strict=True))
    in_it = [each for each, part in whole if part is Part.there]
    for operation, before, after in in_it:
        known = list(after.apps.get_models(include_auto_created=True))
        old = wanted(applied.connection, before.apps.get_models(include_auto_created=True))
        new = wanted(applied.connection, known)
        kinds = {facet[0] for facet in old - new}
        made = [facet for facet in new - old if facet[0] in ("table", "column")]
        is_filled = any(held(applied.connection, known, facet) for facet in _first(made))
        if is_filled or not operation.reversible or kinds & {"table", "column", "type", "null"}:
            return Left(
                f"{name}: its data function may have run or not, and `{operation.describe()}` can't be taken back "
                "without a loss"
            )
    return [reversed_operation(operation, app, before, after) for operation, before, after in reversed(in_it)]


def _first(facets: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Without the columns of tables that are among them."""
    tables = {facet[1] for facet in facets if facet[0] == "table"}
    return [facet for facet in facets if facet[0] == "table" or facet[1] not in tables]


def _has_followers(applied: Applied, progress: Progress) -> bool:
    """Whether a later migration has run, so that this one has run to its end."""
    if progress.is_overtaken:
        return True
    graph, key = applied.loader.graph, key_of(progress.migration)
    return any(child in applied.keys for child in graph.backwards_plan(key) if child != key)


def would_lose(
    applied: Applied, states: Iterable[ProjectState], app: str, operation: Operation, real: set[tuple[str, ...]]
) -> tuple[str, str] | None:
    """The table and the column that SQLite would drop, because the models don't know the column."""
    name = getattr(operation, "model_name", None)
    if applied.connection.vendor != "sqlite" or name is None:
        return None
    models = [state.apps.get_model(app, name) for state in states]
    known = {facet[2] for facet in wanted(applied.connection, models) if facet[0] == "column"}
    table = table_of(models[-1])
    there = {facet[2] for facet in real if facet[:2] == ("column", table)}
    return next(((table, column) for column in sorted(there - known)), None)


def out_of_order(applied: Applied, apps: frozenset[str]) -> Iterator[tuple[str, str]]:
    """The migrations that aren't applied although one that depends on them is."""
    found: dict[tuple[str, str], None] = {}
    for key in applied.keys:
        for parent in applied.loader.graph.node_map[key].parents:
            if parent.key not in applied.keys and parent.key[0] in apps:
                found[parent.key] = None
    yield from sorted(found)
