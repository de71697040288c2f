"""Rows that satisfy the check constraints of their model, judged by Django itself."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import FieldError, ValidationError
from django.db.models import CheckConstraint, F, Model, Q
from django.db.utils import DatabaseError

from migfix.rows.constraint import around

_MOST_TRIES = 400


def satisfying(model: type[Model], values: dict[str, Any], attempt: int, alias: str) -> dict[str, Any]:
    """``values`` (by attribute name), with as few columns changed as make every check constraint hold.

    As they came if no change was found: then the database says what is wrong with them.
    """
    constraints = [each for each in model._meta.constraints if isinstance(each, CheckConstraint)]
    broken = [each for each in constraints if not _holds(each, model, values, alias)]
    if not broken:
        return values
    compared = [pair for each in broken for pair in _comparisons(_condition(each))]
    near: dict[str, list[Any]] = {}
    for name, value in compared:
        if field := _field(model, name):
            found = _candidates(value, model, values)
            near.setdefault(field.attname, []).extend(each for each in found if each is not None or field.null)
    near = {name: found for name, found in near.items() if found}
    tries = 0
    for count in range(1, len(near) + 1):
        for names in itertools.combinations(sorted(near), count):
            for chosen in itertools.product(*(_rotated(near[name], attempt) for name in names)):
                changed = values | dict(zip(names, chosen, strict=True))
                tries += 1
                if tries > _MOST_TRIES:
                    return values
                if all(_holds(each, model, changed, alias) for each in constraints):
                    return changed
    return values


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
        return True  # Django can't tell; the database will
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
                yield _name_of(expression), 0


def _candidates(operand: Any, model: type[Model], values: dict[str, Any]) -> list[Any]:
    if isinstance(operand, F):
        other = _field(model, _name_of(operand))
        operand = values.get(other.attname) if other else None
    operands = list(operand) if isinstance(operand, list | tuple | set | frozenset | range) else [operand]
    found: list[Any] = [None]
    for each in operands:
        found = [*around(each), *found]
    return found


def _name_of(expression: Any) -> str:
    """The field that an F() names."""
    return str(expression.name)


def _field(model: type[Model], lookup: str) -> Any:
    """The column that a lookup starts with, None if it isn't in the model's own table."""
    name = lookup.partition("__")[0]
    fields = model._meta.local_concrete_fields
    return next((f for f in fields if name in (f.name, f.attname) or (name == "pk" and f.primary_key)), None)


def _rotated(values: list[Any], number: int) -> list[Any]:
    start = number % len(values)
    return values[start:] + values[:start]
