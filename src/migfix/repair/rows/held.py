"""What a table or a column holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Field, Model, Value

from migfix.repair.facets import Facet, as_written, table_of


def held(connection: BaseDatabaseWrapper, models: Iterable[type[Model]], facet: Facet) -> int:
    """The rows of a table, or the values in a column that are neither NULL nor a default of the field."""
    known = list(models)
    quoted, parameters = connection.ops.quote_name, list[Any]()
    table, column = as_written(known, facet)
    sql = f"SELECT COUNT(*) FROM {quoted(table)}"
    if facet[0] == "column":
        sql += f" WHERE {quoted(column)} IS NOT NULL"
        field = next(
            field
            for model in known
            for field in model._meta.local_concrete_fields
            if table_of(model) == facet[1] and (field.column or "").strip('"') == column
        )
        for value in _defaults(field):
            sql += f" AND {quoted(column)} <> %s"
            parameters.append(field.get_db_prep_save(value, connection))
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)
        return int(cursor.fetchone()[0])


def _defaults(field: Field[Any, Any]) -> Iterator[object]:
    """The values that rows have without anybody's doing: the default, and that of the database."""
    if field.has_default() and not callable(field.default):
        yield field.get_default()
    own = getattr(field, "db_default", None)
    own = own.value if isinstance(own, Value) else own
    if isinstance(own, str | int | float | bool | Decimal):
        yield own
