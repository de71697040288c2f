"""Rows that satisfy the check constraints of their model, validated by Django."""

from __future__ import annotations

import itertools
import operator
import warnings
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import FieldError, ValidationError
from django.db.models import CharField, CheckConstraint, F, Model, Q, TextField, Value
from django.db.models.expressions import CombinedExpression
from django.db.utils import DatabaseError

from migfix.rows.placeholder_rows.check_constraint import around

_MOST_TRIES = 200
_MOST_ROUNDS = 8
_ARITHMETIC = {"+": operator.add, "-": operator.sub, "*": operator.mul, "/": operator.truediv, "%%": operator.mod}


def satisfying(model: type[Model], values: dict[str, Any], attempt: int, alias: str) -> dict[str, Any] | None:
    """``values`` (by attribute name), changed to satisfy the check constraints.

    None if no such change was found.
    """
    constraints = [each for each in model._meta.constraints if isinstance(each, CheckConstraint)]
    for _ in range(_MOST_ROUNDS):
        broken = [each for each in constraints if not _holds(each, model, values, alias)]
        if not broken:
            return values
        mended = _adjusted(broken[0], constraints, model, values, attempt, alias)
        if mended is None:
            return None
        values = mended
    return None


def _adjusted(
    broken: CheckConstraint,
    constraints: list[CheckConstraint],
    model: type[Model],
    values: dict[str, Any],
    attempt: int,
    alias: str,
) -> dict[str, Any] | None:
    """``values`` changed so that all constraints hold, or at least ``broken``; None if no such change was found."""
    near = _near(broken, model, values)
    first, tries = None, 0
    for count in range(1, len(near) + 1):
        for names in itertools.combinations(sorted(near), count):
            for chosen in itertools.product(*(_rotated(near[name], attempt) for name in names)):
                changed = values | dict(zip(names, chosen, strict=True))
                tries += 1
                if tries > _MOST_TRIES:
                    return first
                if _holds(broken, model, changed, alias):
                    first = first or changed
                    if all(_holds(each, model, changed, alias) for each in constraints):
                        return changed
    return first


def _near(constraint: CheckConstraint, model: type[Model], values: dict[str, Any]) -> dict[str, list[Any]]:
    """Values to try for each column in a constraint, close to the value that it is compared with."""
    near: dict[str, list[Any]] = {}
    for name, value in _comparisons(_condition(constraint)):
        if field := _field(model, name):
            found = _candidates(value, model, values)
            if isinstance(field, CharField | TextField):  # it may compare the length
                found += ["A" * each for each in found if type(each) is int and 0 <= each < 1000]
            near.setdefault(field.attname, []).extend(each for each in found if each is not None or field.null)
    return {name: found for name, found in near.items() if found}


def _condition(constraint: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return constraint.condition if hasattr(constraint, "condition") else constraint.check  # Django before 5.1


def _holds(constraint: CheckConstraint, model: type[Model], values: dict[str, Any], alias: str) -> bool:
    try:
        constraint.validate(model, model(**values), using=alias)
    except (ValidationError, TypeError, ValueError):
        return False
    except (FieldError, DatabaseError):
        return True  # Django can't validate it, but the database will
    return True


def _comparisons(condition: Any) -> Iterator[tuple[str, Any]]:
    """Lookup and operand of every comparison in a condition."""
    for child in condition.children if isinstance(condition, Q) else ():
        if isinstance(child, tuple):
            yield child
            if isinstance(child[1], F):
                yield _name_of(child[1]), F(child[0].partition("__")[0])
        else:
            yield from _comparisons(child)
    if not isinstance(condition, Q):
        for expression in getattr(condition, "get_source_expressions", list)():
            yield from _comparisons(expression)
            if isinstance(expression, F):
                yield from ((_name_of(expression), each) for each in [0, *_literals(condition)])


def _candidates(operand: Any, model: type[Model], values: dict[str, Any]) -> list[Any]:
    operand = _evaluated(operand, model, values)
    operands = list(operand) if isinstance(operand, list | tuple | set | frozenset | range) else [operand]
    found: list[Any] = [None]
    for each in operands:
        found = [*around(each), *found]
    return found


def _evaluated(operand: Any, model: type[Model], values: dict[str, Any]) -> Any:
    """The value of an operand for a row; None for an expression that isn't plain arithmetic."""
    if isinstance(operand, F):
        other = _field(model, _name_of(operand))
        return values.get(other.attname) if other else None
    if isinstance(operand, Value):
        return operand.value
    if isinstance(operand, CombinedExpression) and operand.connector in _ARITHMETIC:
        left, right = (_evaluated(each, model, values) for each in (operand.lhs, operand.rhs))
        try:
            return _ARITHMETIC[operand.connector](left, right)
        except (TypeError, ArithmeticError):
            return None
    return None if hasattr(operand, "resolve_expression") else operand


def _name_of(expression: Any) -> str:
    """The field that an F() names."""
    return str(expression.name)


def _field(model: type[Model], lookup: str) -> Any:
    """The column that a lookup starts with, None if it isn't in the model's own table."""
    name = lookup.partition("__")[0]
    fields = model._meta.local_concrete_fields
    return next((f for f in fields if name in (f.name, f.attname) or (name == "pk" and f.primary_key)), None)


def _literals(expression: Any) -> list[Any]:
    found = [each.value for each in expression.get_source_expressions() if isinstance(each, Value)]
    return found + [each for each in expression.get_source_expressions() if isinstance(each, int | float | str)]


def _rotated(values: list[Any], number: int) -> list[Any]:
    start = number % len(values)
    return values[start:] + values[:start]
