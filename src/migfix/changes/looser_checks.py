"""Conditions that every row meets because it meets another one: ``size__lte=10`` after ``size__lte=5``."""

from __future__ import annotations

from collections.abc import Mapping

from migfix.history.fields import Field
from migfix.source.migration import Call, Literal, Sequence, Value

_BELOW, _ABOVE = ("lte", "lt"), ("gte", "gt")


def follows_from(condition: Value, known: Value) -> bool:
    """Whether each row that meets ``known`` meets ``condition``. False if that isn't certain."""
    new, old = _comparison(condition), _comparison(known)
    if new is None or old is None or new[0] != old[0]:
        return False
    (_, lookup, value), (_, before, least) = new, old
    if lookup == before == "in":
        return isinstance(value, list) and isinstance(least, list) and all(each in value for each in least)
    if not isinstance(value, int | float) or not isinstance(least, int | float):
        return False
    if lookup in _BELOW and before in _BELOW:
        return least < value or (least == value and lookup in (before, "lte"))
    if lookup in _ABOVE and before in _ABOVE:
        return least > value or (least == value and lookup in (before, "gte"))
    return False


def is_of_positive(condition: Value, fields: Mapping[str, Field]) -> bool:
    """Whether the condition holds for all values of a ``PositiveIntegerField``: ``size__gte=0``."""
    found = _comparison(condition)
    field = fields.get(found[0]) if found else None
    if found is None or field is None or not field.kind.startswith("Positive"):
        return False
    _, lookup, value = found
    return isinstance(value, int | float) and (value < 0 or (value == 0 and lookup == "gte")) and lookup in _ABOVE


def _comparison(condition: Value) -> tuple[str, str, object] | None:
    """The field, the lookup and the value of a ``Q`` with one comparison."""
    if not isinstance(condition, Call) or condition.func != "django.db.models.Q" or len(condition.arguments) != 1:
        return None
    (argument,) = condition.arguments
    name, value = argument.keyword, argument.value
    if name is None:
        match value:
            case Sequence(items=(Literal(value=str() as name), value)):
                pass
            case _:
                return None
    field, _, lookup = name.partition("__")
    match value:
        case Literal(value=plain):
            return field, lookup, plain
        case Sequence(items=items) if all(isinstance(each, Literal) for each in items):
            return field, lookup, [each.value for each in items if isinstance(each, Literal)]
    return None
