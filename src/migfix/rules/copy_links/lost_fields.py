"""Fields that move to a model that is there already: its parent, its child, or the target of a deleted model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.changes.tables import may_have_rows
from migfix.history import History
from migfix.history.fields import Field, field_of
from migfix.history.model import Model
from migfix.source.migration import Migration, Operation


@dataclass(frozen=True)
class LostField:
    """A field of ``old`` that goes with the operation, and is added to ``new`` with the same name and type."""

    op: Operation
    """A RemoveField, or the DeleteModel of ``old``."""
    name: str
    old: Model
    new: Model


def lost_fields(migration: Migration, history: History) -> Iterator[LostField]:
    """Every such move of a migration, between tables that may have rows."""
    first = history.state_before(migration)
    gone: list[tuple[Operation, Field, Model]] = []
    added: list[tuple[Field, Model]] = []
    for _, op, state in history.states(migration):
        model = state.models.get((migration.app, op.model))
        if model is None or not may_have_rows(model, migration):
            continue
        old = first.models.get(model.key, model)
        if op.kind == "RemoveField" and op.text("name") in old.fields:
            gone.append((op, old.fields[op.text("name")], old))
        if op.kind == "DeleteModel":
            gone += ((op, field, old) for field in old.fields.values())
        if op.kind == "AddField":
            added.append((field_of(op), model))
    for op, field, old in gone:
        for new, model in added:
            if field.name == new.name and field.has_same_type(new) and _are_linked(op, old, model, history):
                yield LostField(op, field.name, old, model)


def _are_linked(op: Operation, old: Model, new: Model, history: History) -> bool:
    """Whether rows of the two models belong together: one inherits from the other, or the deleted one has a key."""
    if old.key in new.parents(history.facts) or new.key in old.parents(history.facts):
        return True
    keys = (field for field in old.fields.values() if field.is_key and op.kind == "DeleteModel")
    return any(field.target(*old.key, history.facts) == new.key for field in keys)
