"""Rows that a missing constraint would refuse. One step that can't run must not keep the others from running."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import CheckConstraint, Count, Exists, Field, Model, OuterRef, QuerySet, UniqueConstraint

from migfix.findings.words import counted
from migfix.repair.facets import Facet, column_of, table_of

Rows = QuerySet[Any, Any]


def obstacle(connection: BaseDatabaseWrapper, model: type[Model], facet: Facet) -> str:
    """The rows that keep a constraint from being made, as a sentence; "" if nothing does."""
    kind, table, rest = facet
    rows = model._base_manager.using(connection.alias).order_by()
    fields = {column_of(each): each for each in model._meta.local_concrete_fields}
    if kind in ("primary", "unique"):
        return _same(rows, table, [fields[column].name for column in rest.split(",")])
    if kind == "key":
        return _pointing_nowhere(rows, table, fields[rest])
    made = next((each for each in model._meta.constraints if each.name.lower() == rest), None)
    if isinstance(made, UniqueConstraint):
        return _same_in(made, rows.filter(made.condition) if made.condition else rows, table)
    if isinstance(made, CheckConstraint):
        return _refused(connection, model, made)
    return ""


def _same_in(made: UniqueConstraint, rows: Rows, table: str) -> str:
    """The same of a constraint on expressions, and of one that NULL meets once."""
    values = {f"value_{place}": _plain(each) for place, each in enumerate(getattr(made, "expressions", ()))}
    is_null_one_value = getattr(made, "nulls_distinct", None) is False
    return _same(rows.annotate(**values), table, [*made.fields, *values], is_null_one_value, made.name)


def _plain(expression: Any) -> Any:
    """An expression without its order and its operator class."""
    while type(expression).__name__ in ("OrderBy", "OpClass"):
        (expression,) = expression.get_source_expressions()
    return expression


def _same(rows: Rows, table: str, names: list[str], is_null_one_value: bool = False, called: str = "") -> str:
    """NULL differs from NULL in most unique constraints."""
    filled = rows if is_null_one_value else rows.filter(**{f"{name}__isnull": False for name in names})
    count = filled.values(*names).annotate(count_of_rows=Count("*")).filter(count_of_rows__gt=1).count()
    if not count:
        return ""
    shown = f"{counted(count, 'value')} of {called or ' and '.join(names)} in more than one row"
    return f"{table}: {shown}: make them differ first"


def _pointing_nowhere(rows: Rows, table: str, field: Field[Any, Any]) -> str:
    target: Any = field.remote_field
    there = target.model._base_manager.using(rows.db).filter(**{target.field_name: OuterRef(field.attname)})
    count = rows.filter(**{f"{field.attname}__isnull": False}).exclude(Exists(there)).count()
    if not count:
        return ""
    place = f"{table}.{field.column} points at rows of {table_of(target.model)} that aren't there"
    return f"{place}, in {counted(count, 'row')}: mend them first"


def _refused(connection: BaseDatabaseWrapper, model: type[Model], check: CheckConstraint) -> str:
    editor: Any = connection.SchemaEditorClass(connection, collect_sql=True)
    condition = check._get_check_sql(model, editor)  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        table = connection.ops.quote_name(model._meta.db_table)
        cursor.execute(f"SELECT COUNT(*) FROM {table} WHERE NOT ({condition})")
        count = int(cursor.fetchone()[0])
    if not count:
        return ""
    return f"{table_of(model)}: {check.name} doesn't hold in {counted(count, 'row')}: mend them first"
