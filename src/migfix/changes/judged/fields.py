"""What is known of columns that are added to rows, or removed from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from migfix.changes.judged.constraints import is_indexed, too_long_for_mysql
from migfix.changes.judged.default_rows import default_row
from migfix.changes.judged.generated import generated
from migfix.changes.judged.judgement import Judgement, safe, unknown
from migfix.changes.unfit_defaults import unfit
from migfix.history import History
from migfix.history.fields import Field, field_of
from migfix.history.model import Model
from migfix.source.migration import Call, Literal, Migration, Operation

_FILLED_BY_DJANGO = ("CharField", "TextField", "SlugField", "EmailField", "URLField", "FileField", "ImageField")
"""Fields that get ``""`` without a default, if they may be blank: BaseDatabaseSchemaEditor._effective_default."""


def addition(op: Operation, model: Model, migration: Migration, history: History, engines: Iterable[str]) -> Judgement:
    """The verdict on an AddField."""
    field = field_of(op)
    label = f"{model.label}.{field.name}"
    if not field.kind:
        return unknown(f"the field {label} can't be read")
    if field.is_true("primary_key"):
        return unknown(f"{model.label} gets another primary key, {field.name}")
    if "." in field.kind:
        return unknown(f"{label} is a {field.kind}, which isn't a field of Django's")
    if field.kind == "ManyToManyField":
        return safe("it adds no column, and a link table without rows", "MIG106")
    if field.kind == "GeneratedField":
        return generated(field, model)
    if (field.is_unique if field.kind == "TextField" else is_indexed(field)) and (
        why := too_long_for_mysql([field], engines)
    ):
        return unknown(why)
    return _value(field, model, migration, history)


def _value(field: Field, model: Model, migration: Migration, history: History) -> Judgement:
    """The verdict on what existing rows get."""
    rules = [code for code, is_meant in _JUDGES if is_meant(field)]
    if field.default is not None:
        return default_row(field, model, migration, history)._replace(rules=frozenset(rules))
    if field.is_true("null"):
        return safe("existing rows get NULL")
    if field.is_true("auto_now") or field.is_true("auto_now_add"):
        return safe("existing rows get the time of the migration")
    is_empty = field.kind in _FILLED_BY_DJANGO and field.is_true("blank")
    if (is_empty and "default" not in _arguments(field)) or field.get("default") == Literal(None):
        return safe("existing rows get the empty value", "MIG102", "MIG103")
    return unknown(f"{model.label}.{field.name} forbids NULL, and existing rows get no value")


_JUDGES: tuple[tuple[str, Callable[[Field], bool]], ...] = (
    ("MIG101", lambda field: field.is_key),
    ("MIG102", lambda field: field.is_unique),
    ("MIG112", lambda field: field.kind.startswith("Positive") or bool(unfit(field))),
)
"""The rules that look at the default that existing rows get, and for which fields."""


def _arguments(field: Field) -> set[str | None]:
    return {each.keyword for each in field.value.arguments} if isinstance(field.value, Call) else set()


def removal(op: Operation, model: Model) -> Judgement:
    """The verdict on a RemoveField."""
    field = model.fields.get(op.text("name"))
    if field is not None and field.is_true("primary_key"):
        return unknown(f"{model.label} loses its primary key, {field.name}")
    return safe("it removes the column with its values, as written", "MIG109", "MIG115")
