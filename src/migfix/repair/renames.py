"""Tables and columns that migrations rename, and that come back under their old names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.migrations.migration import Migration
from django.db.migrations.operations import AlterModelTable, RenameField, RenameModel
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.db.models import Model

from migfix.repair.facets import Facet, column_of, table_of
from migfix.repair.history import Applied, walked


def renamed(applied: Applied, migrations: Iterable[Migration]) -> set[Facet]:
    """The tables and columns that these migrations made by renaming older ones."""
    made: set[Facet] = set()
    found: dict[Facet, Facet] = {}
    for migration in migrations:
        for operation, before, after in walked(applied, migration):
            for old, new in _pairs(operation, migration.app_label, before, after):
                if old not in made or old in found:
                    found[new] = found.pop(old, old)
            made |= {("table", table_of(model)) for model in _created(operation, migration.app_label, after)}
    return set(found)


def _pairs(operation: Operation, app: str, before: ProjectState, after: ProjectState) -> Iterator[tuple[Facet, Facet]]:
    if isinstance(operation, RenameModel):
        names = operation.old_name_lower, operation.new_name_lower
    elif isinstance(operation, AlterModelTable):
        names = operation.name_lower, operation.name_lower
    elif isinstance(operation, RenameField):
        names = operation.model_name_lower, operation.model_name_lower
    else:
        return
    old, new = before.apps.get_model(app, names[0]), after.apps.get_model(app, names[1])
    yield ("table", table_of(old)), ("table", table_of(new))
    if isinstance(operation, RenameField):
        columns = [_column(model, name) for model, name in ((old, operation.old_name), (new, operation.new_name))]
        yield ("column", table_of(old), columns[0]), ("column", table_of(new), columns[1])
    for one, other in zip(_links(old), _links(new), strict=True):
        yield ("table", table_of(one)), ("table", table_of(other))


def _column(model: type[Model], name: str) -> str:
    return column_of(model._meta.get_field(name))


def _links(model: type[Model]) -> list[type[Model]]:
    throughs: list[Any] = [field.remote_field.through for field in model._meta.local_many_to_many]
    return [each for each in throughs if each._meta.auto_created]


def _created(operation: Operation, app: str, after: ProjectState) -> list[type[Model]]:
    name = getattr(operation, "name_lower", "")
    if type(operation).__name__ != "CreateModel" or (app, name) not in after.models:
        return []
    model = after.apps.get_model(app, name)
    return [model, *_links(model)]
