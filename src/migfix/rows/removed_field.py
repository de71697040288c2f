"""Whether a removed column can be added back, and with which value."""

from __future__ import annotations

import ast

from migfix.history.fields import Field
from migfix.history.model import Model
from migfix.history.uniqueness import unique_sets
from migfix.rows.placeholder_rows.check_constraint import allows
from migfix.rows.placeholder_rows.set_values import typed
from migfix.rows.placeholder_rows.values import AUTO, TEXT, UNKNOWN, Row, placeholder
from migfix.source.migration import Argument, Call, Literal, Migration, Name, Value

_FILLED_BY_DJANGO = ("auto_now", "auto_now_add")
_NO_DATA: dict[str, Value] = {
    "DateField": Call("datetime.date", tuple(Argument(None, Literal(part)) for part in (2000, 1, 1))),
    "TimeField": Call("datetime.time", (Argument(None, Literal(0)), Argument(None, Literal(0)))),
    "DateTimeField": Name("django.utils.timezone.now"),
    "DurationField": Call("datetime.timedelta"),
    "UUIDField": Call("uuid.UUID", (Argument("int", Literal(0)),)),
    "JSONField": Name("dict"),
    "HStoreField": Name("dict"),
    "ArrayField": Name("list"),
}
"""Defaults that mean no data, for fields where a plain constant can't."""


class CannotComeBack(Exception):
    """A column for whose rows migfix may not choose a value."""


def is_stuck(migration: Migration, index: int, model: Model, field: Field) -> bool:
    """Whether reversing RemoveField ``index`` fails: ``SchemaEditor.effective_default`` has no value for the rows."""
    if model.made_by == migration.key or not model.has_own_table or _goes_too(migration, index, model):
        return False
    if field.kind in ("ManyToManyField", "GeneratedField", "CompositePrimaryKey", "") or field.kind in AUTO:
        return False
    if field.is_true("primary_key") or field.is_parent_link or field.is_true("null"):
        return False
    is_empty_text = field.is_true("blank") and field.kind in TEXT | {"BinaryField": None} and not field.is_unique
    return not (is_empty_text or field.default is not None or any(map(field.is_true, _FILLED_BY_DJANGO)))


def _goes_too(migration: Migration, index: int, model: Model) -> bool:
    """Whether the same file deletes the table later. Going back then creates it anew and empty."""
    return any(op.kind == "DeleteModel" and op.model == model.key[1] for op in migration.operations[index:])


def value_for(model: Model, field: Field, configured: tuple[str, object] | None) -> tuple[Value, str]:
    """The default with which the column can be added back, and its code. ``model`` is as before the whole file.

    Raises CannotComeBack.
    """
    if field.is_unique:
        raise CannotComeBack("it is unique, so two rows can't share one value.")
    if shared := next((names for names in unique_sets(model, also_partial=True) if field.name in names), None):
        raise CannotComeBack(f"one value for all rows could break the unique constraint on {', '.join(shared)}.")
    value = Literal(typed(configured, field)) if configured else _no_data(model, field)
    plain = value.value if isinstance(value, Literal) else UNKNOWN
    if not configured and not allows(model, field.name, plain):
        raise CannotComeBack("its check constraint may not allow migfix's value.")
    return value, shown(value)


def _no_data(model: Model, field: Field) -> Value:
    if field.is_key:
        raise CannotComeBack("it is a foreign key whose row migfix can't choose.")
    choices = field.get("choices") is not None
    if field.kind in TEXT and not choices:
        return Literal("")
    if field.kind in _NO_DATA and not choices:
        return _NO_DATA[field.kind]
    made = placeholder(Row(model.name, 1, field, False))
    if made is None or made.imports or not isinstance(made.value, str | int | float | bytes):
        plain = None if made is None or made.imports else _constant(made.code)
        if plain is None:
            raise CannotComeBack(f"migfix has no value for {field.kind}.")
        return plain
    return Literal(made.value)


def _constant(code: str) -> Literal | None:
    try:
        return Literal(ast.literal_eval(code))
    except (ValueError, TypeError, SyntaxError):
        return None


def shown(value: Value | None) -> str:
    """A default as readable code, to be printed."""
    match value:
        case Literal(value=constant):
            return repr(constant)
        case Name(dotted=dotted):
            return dotted
        case Call(func=func, arguments=arguments):
            return f"{func}({', '.join(f'{a.keyword}=' * bool(a.keyword) + shown(a.value) for a in arguments)})"
    return "code"
