"""Conditions that rows must meet from an operation on: check constraints, numbers that must be positive."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.changes.altered_fields import altered_fields
from migfix.changes.looser_checks import follows_from, is_of_positive
from migfix.changes.tables import may_have_rows
from migfix.history import History
from migfix.history.fields import Field
from migfix.history.model import Model, items_of
from migfix.source.migration import Argument, Call, Literal, Migration, Operation, Sequence, Value


@dataclass(frozen=True)
class NewCheck:
    """An operation after which each row must meet ``condition``."""

    index: int
    op: Operation
    model: Model
    """The model before the operation."""
    condition: Value
    field: Field | None = None
    """The field that becomes positive; None for a check constraint."""

    @property
    def name(self) -> str:
        """The name of the constraint; "" if it can't be read."""
        constraint = self.op.arguments.get("constraint")
        name = constraint.keyword("name") if isinstance(constraint, Call) else None
        return str(name.value) if isinstance(name, Literal) else ""


def new_checks(migration: Migration, history: History) -> Iterator[NewCheck]:
    """Every such operation of a migration on a table that may have rows."""
    for each in altered_fields(migration, history):
        if _is_positive(each.new) and is_signed(each.old):
            yield NewCheck(each.index, each.op, each.model, _at_least_zero(each.new.name), each.new)
    first = history.state_before(migration)
    for index, op, state in history.states(migration):
        model = state.models.get((migration.app, op.model)) if op.kind in ("AddConstraint", "AlterConstraint") else None
        constraint = op.arguments.get("constraint")
        if model is None or not isinstance(constraint, Call) or not may_have_rows(model, migration):
            continue
        condition = constraint.keyword("condition") or constraint.keyword("check")
        known = [*_known_conditions(model), *_known_conditions(first.models.get(model.key, model))]
        is_check = constraint.func == "django.db.models.CheckConstraint"
        if not is_check or condition is None or is_of_positive(condition, model.fields):
            continue
        if not any(each == condition or follows_from(condition, each) for each in known):
            yield NewCheck(index, op, history.state_before(migration, index).models[model.key], condition)


def _known_conditions(model: Model) -> list[Value]:
    """The conditions that rows meet already."""
    constraints = [each for each in items_of(model.options.get("constraints")) if isinstance(each, Call)]
    found = [each.keyword("condition") or each.keyword("check") for each in constraints]
    return [each for each in found if each is not None]


def _is_positive(field: Field) -> bool:
    return field.kind.startswith("Positive")


def is_signed(field: Field) -> bool:
    """Whether a field holds numbers below zero."""
    return field.kind in ("IntegerField", "BigIntegerField", "SmallIntegerField", "FloatField", "DecimalField")


def _at_least_zero(name: str) -> Value:
    pair = Sequence("tuple", (Literal(f"{name}__gte"), Literal(0)))
    return Call("django.db.models.Q", (Argument(None, pair),))
