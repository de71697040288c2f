"""The foreign keys that a migration adds, and the columns that they point at."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.history import History
from migfix.history.fields import Field, field_of
from migfix.history.model import Model, created_model
from migfix.history.state import State
from migfix.source.migration import Literal, Migration, Operation


@dataclass(frozen=True)
class NewKey:
    """A foreign key constraint that an operation adds."""

    index: int
    op: Operation
    table: str
    """The table that gets it; "" for a new table."""
    target: Model
    """The model that it points at."""
    field: Field
    """The field of that model that it points at."""


def new_keys(migration: Migration, history: History) -> Iterator[NewKey]:
    """The keys of a migration, with those in tables of links."""
    for index, op, state in history.states(migration):
        if op.kind == "AddField":
            model = state.models.get((migration.app, op.model))
            if model:
                yield from _of_field(index, op, model, model.table, field_of(op), state)
        elif op.kind == "CreateModel":
            model = created_model(migration, op)
            for field in model.fields.values() if model.has_own_table else ():
                yield from _of_field(index, op, model, "", field, state)


def _of_field(index: int, op: Operation, model: Model, table: str, field: Field, state: State) -> Iterator[NewKey]:
    if not field.is_relation or field.is_unconstrained or field.get("through") is not None:
        return
    keys = [field.target(model.app, model.name.lower(), state.facts)]
    if field.kind == "ManyToManyField":
        keys, table = [*keys, model.key], ""  # the table of links is new
    for key in keys:
        target = state.models.get(key) if key else None
        pointed_at = _pointed_at(field, target) if target else None
        if target and pointed_at:
            yield NewKey(index, op, table, target, pointed_at)


def _pointed_at(field: Field, target: Model) -> Field | None:
    name = field.get("to_field")
    return target.fields.get(str(name.value)) if isinstance(name, Literal) else target.primary_key
