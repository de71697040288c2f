"""What is known of a GeneratedField that is added to rows: whether its expression succeeds, and its value fits."""

from __future__ import annotations

from migfix.changes.judged.judgement import Judgement, safe, unknown
from migfix.history.fields import Field
from migfix.history.model import Model
from migfix.source.migration import Call, Literal, Value

_CASE = ("functions.Lower", "functions.Upper")
_TEXT = (*_CASE, "functions.Concat", "Value")
_SIZES = ("max_length", "max_digits", "decimal_places")
_TEXT_FIELDS = ("CharField", "TextField", "SlugField", "EmailField", "URLField")


def generated(field: Field, model: Model) -> Judgement:
    """The verdict on an AddField with a GeneratedField."""
    label = f"{model.label}.{field.name}"
    output, expression = field.get("output_field"), field.get("expression")
    if field.is_unique:
        return unknown(f"the database computes {label} for each row, and rows may have equal values")
    if output is not None and expression is not None and _fits(expression, Field(field.name, output), model):
        return safe("the database computes it from the row")
    return unknown(f"the database computes {label} for each row, and that may fail, or the value may not fit")


def _fits(expression: Value, output: Field, model: Model) -> bool:
    """Whether an expression can't fail on any row, and its value fits into the output field."""
    source = _column(expression, model)
    if source is not None:
        is_same = source.kind == output.kind and all(source.get(size) == output.get(size) for size in _SIZES)
        return is_same or (output.kind == "TextField" and source.kind in _TEXT_FIELDS)
    if not isinstance(expression, Call):
        return False
    name, values = _name(expression), [each.value for each in expression.arguments if each.keyword is None]
    if name in _CASE and len(values) == 1 and (inner := _column(values[0], model)):
        sizes = [each.get("max_length") for each in (inner, output)]
        if inner.kind == output.kind == "CharField" and sizes[0] == sizes[1]:
            return True
    return output.kind == "TextField" and _is_text(expression, model)


def _is_text(value: Value, model: Model) -> bool:
    """Whether an expression puts text together, which can't fail."""
    source = _column(value, model)
    if source is not None:
        return source.kind in _TEXT_FIELDS
    if isinstance(value, Literal):
        return isinstance(value.value, str)
    if not isinstance(value, Call) or _name(value) not in _TEXT:
        return False
    return all(_is_text(each.value, model) for each in value.arguments if each.keyword is None)


def _column(value: Value, model: Model) -> Field | None:
    """The field that ``F("title")`` or, in a function, ``"title"`` means."""
    if isinstance(value, Call) and _name(value) == "F" and value.arguments:
        value = value.arguments[0].value
    elif not isinstance(value, Literal):
        return None
    return model.fields.get(str(value.value)) if isinstance(value, Literal) else None


def _name(call: Call) -> str:
    return call.func.removeprefix("django.db.models.")
