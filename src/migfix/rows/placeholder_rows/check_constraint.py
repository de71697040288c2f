"""Simple check constraints: whether values satisfy them, and how to find values that do."""

from __future__ import annotations

import datetime
import itertools
import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from functools import partial

from migfix.history.model import Model, items_of
from migfix.rows.placeholder_rows.values import UNKNOWN, uuid_text
from migfix.source.migration import Argument, Call, Literal, Sequence, Value

MOST_TRIES = 20_000

_COMPARISONS: dict[str, Callable[..., bool]] = {
    "exact": lambda a, b: a == b,
    "iexact": lambda a, b: str(a).lower() == str(b).lower(),
    "gt": lambda a, b: a > b,
    "gte": lambda a, b: a >= b,
    "lt": lambda a, b: a < b,
    "lte": lambda a, b: a <= b,
    "in": lambda a, b: a in b,
    "range": lambda a, b: b[0] <= a <= b[1],
    "startswith": lambda a, b: a.startswith(b),
    "istartswith": lambda a, b: a.lower().startswith(b.lower()),
    "endswith": lambda a, b: a.endswith(b),
    "contains": lambda a, b: b in a,
    "icontains": lambda a, b: b.lower() in a.lower(),
    "regex": lambda a, b: re.search(b, a) is not None,
    "iregex": lambda a, b: re.search(b, a, re.IGNORECASE) is not None,
}


class Unreadable(ValueError):
    """A condition that migfix can't evaluate."""


def condition_of(constraint: Value) -> Value | None:
    """The condition of a CheckConstraint (``check`` before Django 5.1), or None for other constraints."""
    if isinstance(constraint, Call) and constraint.func == "django.db.models.CheckConstraint":
        return constraint.keyword("condition") or constraint.keyword("check")
    return None


def allows(model: Model, field: str, value: object) -> bool:
    """Whether every check constraint on a field is sure to allow a value, whatever the row's other values."""
    conditions = [found for each in items_of(model.options.get("constraints")) if (found := condition_of(each))]
    for condition in conditions:
        fields = fields_in(condition)
        try:
            if field in fields and (fields != {field} or value is UNKNOWN or not holds(condition, {field: value})):
                return False
        except Unreadable:
            return False
    return True


def holds(condition: Value, values: Mapping[str, object]) -> bool:
    """Whether a row with ``values`` passes a check. As in SQL, a comparison with NULL passes. Raises Unreadable."""
    return _truth(condition, values) is not False


def _truth(condition: Value, values: Mapping[str, object]) -> bool | None:
    if not isinstance(condition, Call):
        raise Unreadable
    match condition.func:
        case "~":
            return _not(_truth(condition.arguments[0].value, values))
        case "&" | "|" | "^":
            return _joined([partial(_truth, arg.value, values) for arg in condition.arguments], condition.func)
        case "django.db.models.Q":
            connector_name = condition.keyword("_connector")
            connector = "|" if connector_name == Literal("OR") else "^" if connector_name == Literal("XOR") else "&"
            arguments = [arg for arg in condition.arguments if arg.keyword not in ("_connector", "_negated")]
            parts = [partial(_part, arg.keyword, arg.value, values) for arg in arguments]
            truth = _joined(parts, connector)
            return _not(truth) if condition.keyword("_negated") == Literal(True) else truth
    raise Unreadable


def _part(name: str | None, value: Value, values: Mapping[str, object]) -> bool | None:
    if name is not None:
        return _compare(name, value, values)
    match value:
        case Sequence(items=(Literal(value=str() as name), operand)):
            return _compare(name, operand, values)
    return _truth(value, values)


def _compare(name: str, operand: Value, values: Mapping[str, object]) -> bool | None:
    field, _, lookup = name.partition("__")
    left, right = _field_value(field, values), constant(operand, values)
    if lookup == "isnull":
        return (left is None) == bool(right)
    if left is UNKNOWN or right is UNKNOWN or (lookup or "exact") not in _COMPARISONS:
        raise Unreadable
    if left is None or right is None:
        return None
    try:
        return _COMPARISONS[lookup or "exact"](left, right)
    except (TypeError, ValueError, AttributeError, IndexError, re.error):
        raise Unreadable from None


def _field_value(name: str, values: Mapping[str, object]) -> object:
    return values.get(name, values.get(name.removesuffix("_id"), UNKNOWN))


def constant(value: Value, values: Mapping[str, object]) -> object:
    """The Python value of an operand. F() is looked up in ``values``. UNKNOWN if the operand can't be read."""
    match value:
        case Literal(value=plain):
            return plain
        case Sequence(items=items):
            parts = [constant(item, values) for item in items]
            return UNKNOWN if UNKNOWN in parts else parts
        case Call(func="django.db.models.F", arguments=(argument,)) if isinstance(argument.value, Literal):
            return _field_value(str(argument.value.value), values)
        case Call(func="django.db.models.Value", arguments=(argument, *_)):
            return constant(argument.value, values)
        case Call(func="uuid.UUID") if text := uuid_text(value):
            return uuid.UUID(text)
        case Call(func="decimal.Decimal", arguments=(argument,)) if isinstance(argument.value, Literal):
            return Decimal(str(argument.value.value))
        case Call(func="datetime.date" | "datetime.time" | "datetime.timedelta" as func, arguments=arguments):
            plain = [constant(arg.value, values) for arg in arguments if arg.keyword is None]
            named = {arg.keyword: constant(arg.value, values) for arg in arguments if arg.keyword}
            try:
                return getattr(datetime, func.removeprefix("datetime."))(*plain, **named)
            except (TypeError, ValueError):
                return UNKNOWN
    return UNKNOWN


def _not(truth: bool | None) -> bool | None:
    return None if truth is None else not truth


def _joined(parts: Iterable[Callable[[], bool | None]], connector: str) -> bool | None:
    """AND, OR or XOR of conditions. An unreadable one doesn't matter if another one decides. Raises Unreadable."""
    found: list[bool | None] = []
    is_unreadable = False
    for part in parts:
        try:
            found.append(part())
        except Unreadable:
            is_unreadable = True
    decisive = connector == "|"
    if connector != "^" and decisive in found:
        return decisive
    if is_unreadable:
        raise Unreadable
    if None in found:
        return None
    return found.count(True) % 2 == 1 if connector == "^" else not decisive


def fields_in(condition: Value) -> frozenset[str]:
    """The fields that a condition compares."""
    return frozenset(name for name, _ in _comparisons(condition))


def _comparisons(condition: Value) -> Iterator[tuple[str, Value]]:
    if not isinstance(condition, Call):
        return
    for arg in condition.arguments:
        match arg.keyword, arg.value:
            case "_connector" | "_negated", _:
                continue
            case str() as name, value:
                yield from _both_ways(name, value)
            case None, Sequence(items=(Literal(value=str() as name), value)):
                yield from _both_ways(name, value)
            case _, value:
                yield from _comparisons(value)


def _both_ways(name: str, value: Value) -> Iterator[tuple[str, Value]]:
    """A field and what it is compared with. If that is another field, also the other field and the first."""
    field, _, lookup = name.partition("__")
    yield field, Literal(None) if lookup == "isnull" else value
    match value:
        case Call(func="django.db.models.F", arguments=(Argument(value=Literal(value=str() as other)),)):
            yield other, Call("django.db.models.F", (Argument(None, Literal(field)),))


Candidates = Callable[[str, object], list[object]]
"""Values to try for a field, close to a constant that it is compared with."""


def satisfying(
    conditions: list[Value], values: dict[str, object], choices: Candidates, free: frozenset[str]
) -> dict[str, object] | None:
    """``values`` with as few ``free`` fields changed as possible to satisfy every condition; None if none are found.

    Raises Unreadable.
    """
    found = values
    for group in _independent(conditions):
        changed = _search(group, found, choices, free)
        if changed is None:
            return None
        found = changed
    return found


def _independent(conditions: list[Value]) -> list[list[Value]]:
    """The conditions in groups that have no field in common."""
    groups: list[tuple[frozenset[str], list[Value]]] = []
    for condition in conditions:
        fields, own = fields_in(condition), [condition]
        for other in [each for each in groups if each[0] & fields]:
            groups.remove(other)
            fields, own = fields | other[0], [*other[1], *own]
        groups.append((fields, own))
    return [own for _, own in groups]


def _search(
    conditions: list[Value], values: dict[str, object], choices: Candidates, free: frozenset[str]
) -> dict[str, object] | None:
    if all(holds(each, values) for each in conditions):
        return values
    near: dict[str, list[object]] = {}
    for condition in conditions:
        for field, operand in _comparisons(condition):
            value = constant(operand, values)
            near.setdefault(field, []).extend(value if isinstance(value, list) else [value])
    shared = [each for constants in near.values() for each in constants]  # with F(), they matter for other fields too
    candidates = {
        name: _distinct(value for each in [*near[name], *shared] for value in choices(name, each))
        for name in near
        if name in free
    }
    tries = 0
    for count in range(1, len(candidates) + 1):
        for fields in itertools.combinations(sorted(candidates), count):
            for chosen in itertools.product(*(candidates[field] for field in fields)):
                changed = values | dict(zip(fields, chosen, strict=True))
                tries += 1
                if tries > MOST_TRIES:
                    return None
                if all(holds(each, changed) for each in conditions):
                    return changed
    return None


def around(value: object) -> list[object]:
    """A constant and its neighbours, as values to try in a comparison with it."""
    if isinstance(value, bool) or value is UNKNOWN:
        return [] if value is UNKNOWN else [value]
    if isinstance(value, int | Decimal):
        return [value, value + 1, value - 1, value + 2]
    if isinstance(value, float):
        return [value, value + 1.0, value - 1.0, value + 0.5, value - 0.5]
    if isinstance(value, datetime.datetime | datetime.date):
        return [value, value + datetime.timedelta(days=1), value - datetime.timedelta(days=1)]
    if isinstance(value, datetime.timedelta):
        return [value, value + datetime.timedelta(days=1)]
    return [value]


def _distinct(values: Iterable[object]) -> list[object]:
    found: list[object] = []
    for value in values:
        if not any(value is each or (type(value) is type(each) and value == each) for each in found):
            found.append(value)
    return found
