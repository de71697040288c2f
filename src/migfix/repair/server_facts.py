"""What only a server knows: invalid indexes, constraints that were never validated, sequences that are behind."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from django.core.management.color import no_style
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import AutoField, Model
from django.db.models.fields import AutoFieldMixin

from migfix.findings.words import counted
from migfix.repair.facets import table_of
from migfix.repair.finishing import Left
from migfix.repair.steps import Step, of_sql

_INVALID = """
SELECT c.relname, t.relname, pg_get_indexdef(c.oid), CASE WHEN i.indisunique AND i.indpred IS NULL THEN (
  SELECT string_agg(pg_get_indexdef(c.oid, k, true), ', ') FROM generate_series(1, i.indnkeyatts) k
) END FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid
JOIN pg_class t ON t.oid = i.indrelid WHERE NOT i.indisvalid AND pg_table_is_visible(t.oid)
"""
_UNVALIDATED = """
SELECT t.relname, c.conname FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid
WHERE NOT c.convalidated AND pg_table_is_visible(t.oid)
"""


def invalid_indexes(connection: BaseDatabaseWrapper) -> list[Step | Left]:
    """The steps that build the indexes again which PostgreSQL could not build concurrently."""
    found: list[Step | Left] = []
    for name, table, definition, columns in _rows(connection, _INVALID):
        if columns and (count := _count_of_same(connection, table, columns)):
            shown = f"{counted(count, 'value')} of {columns} in more than one row"
            found.append(Left(f"the index {name} of {table}: {shown}: make them differ first"))
            continue
        index = connection.ops.quote_name(name)
        again = definition.replace(" INDEX ", " INDEX CONCURRENTLY ", 1)
        title = f"build the index {name} again"
        found.append(of_sql(title, [f"DROP INDEX CONCURRENTLY {index}", again], [], is_alone=True))
    return found


def _count_of_same(connection: BaseDatabaseWrapper, table: str, columns: str) -> int:
    """How many values are there more than once. ``columns`` is a list in SQL."""
    filled = f"SELECT 1 FROM {connection.ops.quote_name(table)} WHERE ROW({columns}) IS NOT NULL"
    same = f"{filled} GROUP BY {columns} HAVING COUNT(*) > 1"
    return int(_rows(connection, f"SELECT COUNT(*) FROM ({same}) found")[0][0])


def unvalidated(connection: BaseDatabaseWrapper) -> list[tuple[str, str]]:
    """(table, constraint) that PostgreSQL holds for new rows alone."""
    return [(table, name) for table, name in _rows(connection, _UNVALIDATED)]


def validated(connection: BaseDatabaseWrapper, tables: Iterable[str]) -> list[Step]:
    """The steps that validate them."""
    quoted, known = connection.ops.quote_name, set(tables)
    return [
        of_sql(f"validate {name}", [f"ALTER TABLE {quoted(table)} VALIDATE CONSTRAINT {quoted(name)}"], [])
        for table, name in unvalidated(connection)
        if table.lower() in known
    ]


def behind(connection: BaseDatabaseWrapper, models: Iterable[type[Model]]) -> Iterator[type[Model]]:
    """The models whose next number is taken. Only PostgreSQL keeps the number apart from the rows."""
    if connection.vendor != "postgresql":
        return
    for model in models:
        key = model._meta.pk
        if isinstance(key, AutoFieldMixin | AutoField) and key.model._meta.concrete_model is model:
            table, column = model._meta.db_table.strip('"'), key.column or key.name
            sequence = _sequence(connection, table, column)
            if sequence:
                quoted = connection.ops.quote_name
                next_number = f"SELECT CASE WHEN is_called THEN last_value + 1 ELSE last_value END FROM {sequence}"
                largest = f"SELECT COALESCE(MAX({quoted(column)}), 0) FROM {quoted(table)}"
                if _rows(connection, next_number)[0][0] <= _rows(connection, largest)[0][0]:
                    yield model


def _sequence(connection: BaseDatabaseWrapper, table: str, column: str) -> str | None:
    """The sequence of a column, if there is one that this user may read."""
    name = "SELECT pg_get_serial_sequence(%s, %s) AS name"
    rows = _rows(
        connection,
        f"SELECT name FROM ({name}) found WHERE name IS NOT NULL AND has_sequence_privilege(name, 'SELECT')",
        [f'"{table}"', column],
    )
    return rows[0][0] if rows else None


def moved_on(connection: BaseDatabaseWrapper, models: Iterable[type[Model]]) -> list[Step]:
    """The steps that let sequences go on behind the rows."""
    return [
        of_sql(f"reset the sequence of {table_of(model)}", sql, [])
        for model in behind(connection, models)
        if (sql := connection.ops.sequence_reset_sql(no_style(), [model]))
    ]


def _rows(connection: BaseDatabaseWrapper, sql: str, parameters: list[str] | None = None) -> list[tuple[str, ...]]:
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())
