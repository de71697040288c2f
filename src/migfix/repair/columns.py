"""Columns of another type, or that allow NULL where they shouldn't. Django has no operation for them."""

from __future__ import annotations

from collections.abc import Iterator
from copy import copy
from typing import Any

from django.db.models import Field, Model

from migfix.repair.column_types import length_of
from migfix.repair.compared import Compared
from migfix.repair.facets import Facet, column_of, table_of
from migfix.repair.finishing import Left
from migfix.repair.steps import Action, Step

_INTEGERS = ("smallint", "int", "integer", "bigint")


def changed_columns(compared: Compared, model: type[Model], missing: list[Facet]) -> Iterator[Step | Left]:
    """The steps that change columns of one table, where no value can be lost."""
    for field in model._meta.local_concrete_fields:
        column = column_of(field)
        lacks = {facet[0]: facet[3] for facet in missing if facet[0] in ("type", "null") and facet[2] == column}
        if lacks and compared.applied.connection.vendor != "sqlite":
            yield _change(compared, model, field, lacks)


def _change(compared: Compared, model: type[Model], field: Field[Any, Any], lacks: dict[str, str]) -> Step | Left:
    connection, table = compared.applied.connection, model._meta.db_table
    column, name = field.column or "", f"{table}.{field.column}"
    place = (table_of(model), column_of(field))
    if "type" in lacks:
        real = next(each[3] for each in compared.real if each[:3] == ("type", *place))
        is_key = field.primary_key or ("key", *place) in compared.real
        if is_key or not _holds_all(real, lacks["type"]):
            return Left(f"{name} is {real} in place of {lacks['type']}: change it by hand, and keys to it with it")
    if lacks.get("null") == "NOT NULL" and (rows := _count_of_null(compared, table, column)):
        return Left(f"{name} has NULL in {rows} rows: give them a value first")
    title = f"change {name} to {' '.join(lacks.values())}"
    if connection.vendor == "mysql":
        return Step(title, _modified(model, field), _defined_as(compared, table, column))
    before = {kind: next(each[3] for each in compared.real if each[:3] == (kind, *place)) for kind in lacks}
    return Step(title, _altered(table, column, lacks), _altered(table, column, before))


def _holds_all(real: str, needed: str) -> bool:
    """Whether the new type holds every value of the old one."""
    if real in _INTEGERS and needed in _INTEGERS:
        return _INTEGERS.index(needed) > _INTEGERS.index(real)
    old, new = length_of(real), length_of(needed)
    if old is not None:
        return needed in ("text", "longtext") or (new is not None and new >= old)
    return (real, needed) == ("char(32)", "uuid")


def _count_of_null(compared: Compared, table: str, column: str) -> int:
    quoted = compared.applied.connection.ops.quote_name
    with compared.applied.connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {quoted(table)} WHERE {quoted(column)} IS NULL")
        return int(cursor.fetchone()[0])


def _modified(model: type[Model], field: Field[Any, Any]) -> Action:
    """MySQL defines a column as a whole: with its default, collation and comment."""

    def run(editor: Any) -> None:
        plain: Any = copy(field)
        plain._unique = False  # it would get a second index
        definition, parameters = editor.column_sql(model, plain)
        table, column = editor.quote_name(model._meta.db_table), editor.quote_name(field.column)
        editor.execute(f"ALTER TABLE {table} MODIFY {column} {definition}", parameters)

    return run


def _defined_as(compared: Compared, table: str, column: str) -> Action:
    """Define a column as MySQL or MariaDB shows it now."""
    quoted = compared.applied.connection.ops.quote_name
    with compared.applied.connection.cursor() as cursor:
        cursor.execute(f"SHOW CREATE TABLE {quoted(table)}")
        lines = [each.strip().rstrip(",") for each in cursor.fetchone()[1].splitlines()]
    definition = next(each for each in lines if each.lower().startswith(f"{quoted(column).lower()} "))
    return lambda editor: editor.execute(f"ALTER TABLE {quoted(table)} MODIFY {definition}", None)


def _altered(table: str, column: str, lacks: dict[str, str]) -> Action:
    def run(editor: Any) -> None:
        alter = f"ALTER TABLE {editor.quote_name(table)} ALTER COLUMN {editor.quote_name(column)}"
        if "type" in lacks:
            editor.execute(f"{alter} TYPE {lacks['type']}")
        if "null" in lacks:
            editor.execute(f"{alter} {'SET' if lacks['null'] == 'NOT NULL' else 'DROP'} NOT NULL")

    return run
