"""What a table or a column holds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Model

from migfix.repair.facets import Facet, as_written, table_of


def held(connection: BaseDatabaseWrapper, models: Iterable[type[Model]], facet: Facet) -> int:
    """The rows of a table, or the values in a column that are neither NULL nor the field's default."""
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
        if field.has_default() and not callable(field.default):
            sql += f" AND {quoted(column)} <> %s"
            parameters = [field.get_db_prep_save(field.get_default(), connection)]
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters or None)
        return int(cursor.fetchone()[0])
