"""Which operations of a migration that isn't recorded are in a database, one by one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum

from django.db import models
from django.db.migrations.migration import Migration
from django.db.migrations.operations import RunPython, RunSQL, SeparateDatabaseAndState
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState

from migfix.repair.facets import Facet, gained_and_lost, named, wanted
from migfix.repair.history import Applied, walked

Walked = tuple[Operation, ProjectState, ProjectState]
"""An operation with the models before and after it."""


class Part(Enum):
    """Whether an operation is in a database."""

    there = "there"
    missing = "missing"
    partly = "partly"
    """Some of what it does is there."""
    unknown = "unknown"
    """Its tables don't show it: a data function, a change of the state alone."""


@dataclass(frozen=True)
class Progress:
    """A migration that isn't recorded, operation by operation."""

    migration: Migration
    parts: tuple[Part, ...]
    gone: frozenset[Facet]
    """What its operations that are there have removed."""
    is_overtaken: bool = False
    """Whether a later migration of the app is in the database as a whole."""

    @property
    def is_begun(self) -> bool:
        return Part.there in self.parts or Part.partly in self.parts

    @property
    def is_whole(self) -> bool:
        """Whether all that can be seen is there."""
        return Part.there in self.parts and not {Part.missing, Part.partly} & set(self.parts)


def overtaken(migration: Migration, gone: Iterable[Facet]) -> Progress:
    """The progress of a migration of which a later one of the app is in the database as a whole."""
    parts = (Part.unknown if is_data(op) else Part.there for op in migration.operations)
    return Progress(migration, tuple(parts), frozenset(gone), is_overtaken=True)


def is_data(operation: Operation) -> bool:
    """Whether an operation may change rows, or something that tables don't show."""
    if isinstance(operation, SeparateDatabaseAndState):
        return bool(operation.database_operations)
    known = type(operation).__module__.startswith(("django.db.migrations.", "django.contrib.postgres."))
    return isinstance(operation, RunPython | RunSQL) or not known


def progress_of(applied: Applied, migration: Migration, real: set[Facet], present: set[Facet]) -> Progress:
    """How far a migration has come, in a database that should have ``present`` before it and has ``real``."""
    walk = list(walked(applied, migration))
    has_code = any(isinstance(op, RunPython | RunSQL) for op in _flat(migration.operations))
    changes = [_changes(applied, operation, has_code, before, after) for operation, before, after in walk]
    reached, start, now = _reached(applied, walk, real)
    parts, removed = [], start - now
    present = present - start | now
    undone = set[Facet]()
    for place, (gains, losses) in enumerate(changes):
        if place < reached:
            parts.append(Part.there if gains or losses else Part.unknown)
            continue
        is_redone = bool(gains & undone)  # a constraint that is removed, and added again under its name
        part = Part.missing if is_redone else _part(gains - present, losses & present, real)
        parts.append(part)
        if part is Part.there:
            removed -= gains
            removed |= losses
        elif part is Part.missing:
            undone |= losses
    return Progress(migration, tuple(parts), frozenset(removed))


def _reached(applied: Applied, walk: list[Walked], real: set[Facet]) -> tuple[int, set[Facet], set[Facet]]:
    """After how many operations a table would look as it does, also through renames; 0 if after none.

    After as few as possible: those behind them leave no trace that tells whether they have run. And what its tables
    have before the first and after the last of these.
    """
    labels = {key for _, before, after in walk for key in _changed(before, after)}
    start = _facets(applied, walk[0][1], labels) if walk else set[Facet]()
    after = [_facets(applied, each[2], labels) for each in walk]
    for now in reversed(after):
        gained, lost = gained_and_lost(start, now)
        if (gained or lost) and gained <= real and not lost & real:
            return after.index(now) + 1, start, now
    return 0, start, start


def _facets(applied: Applied, state: ProjectState, labels: Iterable[tuple[str, str]]) -> set[Facet]:
    models = list(_models(state, labels))
    return wanted(applied.connection, models) | named(applied.connection, models)


def _part(gains: set[Facet], losses: set[Facet], real: set[Facet]) -> Part:
    """What an operation removes only counts if it adds nothing: a rename adds the new name."""
    done = [facet in real for facet in gains] or [facet not in real for facet in losses]
    if not done:
        return Part.unknown
    return Part.there if all(done) else Part.partly if any(done) else Part.missing


def _changes(
    applied: Applied, operation: Operation, has_code: bool, before: ProjectState, after: ProjectState
) -> tuple[set[Facet], set[Facet]]:
    """What an operation adds and removes. A change of the state alone stands for code that makes it (RunSQL)."""
    if _is_of_state_alone(operation) and not has_code:
        return set(), set()
    labels = set(_changed(before, after))
    gains, losses = gained_and_lost(*(_facets(applied, state, labels) for state in (before, after)))
    new_tables = {facet[1] for facet in gains if facet[0] == "table"}
    old_tables = {facet[1] for facet in losses if facet[0] == "table"}
    new_columns = {facet[1:3] for facet in gains if facet[0] == "column"}
    old_columns = {facet[1:3] for facet in losses if facet[0] == "column"}
    return _first_of(gains, new_tables, new_columns), _first_of(losses, old_tables, old_columns)


def _first_of(facets: set[Facet], tables: set[str], columns: set[tuple[str, ...]]) -> set[Facet]:
    """Without what belongs to a table or a column that comes or goes as a whole.

    What else differs there is said of the finished migration. The columns of a table tell it from another one.
    """
    return {
        facet
        for facet in facets
        if facet[0] in ("table", "column") or (facet[1] not in tables and facet[1:3] not in columns)
    }


def _flat(operations: Iterable[Operation]) -> Iterator[Operation]:
    for each in operations:
        yield each
        if isinstance(each, SeparateDatabaseAndState):
            yield from _flat(each.database_operations)


def _is_of_state_alone(operation: Operation) -> bool:
    return isinstance(operation, SeparateDatabaseAndState) and not operation.database_operations


def _changed(before: ProjectState, after: ProjectState) -> Iterator[tuple[str, str]]:
    """The models that an operation changes. States share the models that stay."""
    for key in before.models.keys() | after.models.keys():
        old, new = before.models.get(key), after.models.get(key)
        if old is None or new is None or old != new:
            yield key


def _models(state: ProjectState, labels: Iterable[tuple[str, str]]) -> Iterator[type[models.Model]]:
    """The rendered models, and those of their many-to-many fields."""
    for key in labels:
        if key in state.models:
            model = state.apps.get_model(*key)
            yield model
            for field in model._meta.local_many_to_many:
                if field.remote_field.through._meta.auto_created:
                    yield field.remote_field.through
