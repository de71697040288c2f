"""Rows that older tables refuse: unique constraints, NOT NULL and shorter columns that come back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Model
from django.db.models.functions import Length

from migfix.findings.words import counted
from migfix.repair.column_types import length_of
from migfix.repair.facets import Facet, column_of, table_of
from migfix.repair.rows.obstacles import obstacle

_CONSTRAINTS = ("primary", "unique", "constraint", "named-index")


def returning(
    connection: BaseDatabaseWrapper, older: Iterable[type[Model]], facets: set[Facet], real: set[Facet]
) -> Iterator[str]:
    """The rows that older tables refuse. ``facets`` are those of the ``older`` models that aren't there."""
    for model in older:
        table = table_of(model)
        own = sorted(facet for facet in facets if facet[1] == table and facet[0] not in ("table", "column"))
        columns = {column_of(field): field for field in model._meta.local_concrete_fields}
        there = {column for column in columns if ("column", table, column) in real}
        for facet in own:
            if facet[0] in _CONSTRAINTS and there == columns.keys():
                yield from filter(None, [obstacle(connection, model, facet)])
            elif facet[2] in there:
                yield from _of_column(connection, model, columns[facet[2]], facet)


def _of_column(
    connection: BaseDatabaseWrapper, model: type[Model], field: Field[Any, Any], facet: Facet
) -> Iterator[str]:
    kind, table, column, value = facet if len(facet) == 4 else (*facet, "")
    editor: Any = connection.SchemaEditorClass(connection, collect_sql=True)
    rows = model._base_manager.using(connection.alias)
    if kind == "null" and value == "NOT NULL" and editor.effective_default(field) is None:
        if count := rows.filter(**{f"{field.name}__isnull": True}).count():
            yield f"{table}.{column} comes back NOT NULL, and is NULL in {counted(count, 'row')}"
    if kind == "type" and connection.vendor != "sqlite" and (room := length_of(value)) is not None:
        longer = rows.annotate(length_of_value=Length(field.name)).filter(length_of_value__gt=room)
        if count := longer.count():
            yield f"{table}.{column} comes back as {value}, and is longer in {counted(count, 'row')}"
