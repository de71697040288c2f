"""Primary keys that a migration adds, or makes of another field, on tables that may have rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.changes.tables import may_have_rows
from migfix.history import History
from migfix.history.fields import Field, field_of
from migfix.history.model import Model
from migfix.history.state import State
from migfix.rules.change_primary_key.pointing import pointing_at, pointing_from_elsewhere
from migfix.source.migration import Migration, Operation


@dataclass(frozen=True)
class ReplacedKey:
    """An AddField or AlterField that makes another field the primary key."""

    index: int
    op: Operation
    model: Model
    new: Field
    removed: int | None
    """The RemoveField of the old key, if it comes right before."""
    old: Field | None
    why: str


def replaced_keys(migration: Migration, history: History) -> Iterator[ReplacedKey]:
    """Every such operation. A unique field that becomes the key of a table at which nothing points is left out."""
    removed: dict[tuple[str, str], tuple[int, Field]] = {}
    for index, op, state in history.states(migration):
        model = state.models.get((migration.app, op.model)) if op.model else None
        if model is None or not may_have_rows(model, migration):
            continue
        if op.kind == "RemoveField" and (field := model.fields.get(op.text("name"))) and field.is_true("primary_key"):
            removed[model.key] = index, field
        if op.kind not in ("AddField", "AlterField") or not field_of(op).is_true("primary_key"):
            continue
        old = model.fields.get(op.text("name"))
        if op.kind == "AlterField" and (old is None or old.is_true("primary_key")):
            continue
        gone = removed.get(model.key)
        if why := _why(op, model, field_of(op), gone is not None, state, history):
            place, field = gone or (None, None)
            yield ReplacedKey(index, op, model, field_of(op), place, field, why)


def _why(op: Operation, model: Model, new: Field, is_removed: bool, state: State, history: History) -> str:
    """What goes wrong; "" if nothing does."""
    if new.is_parent_link:
        return f"the rows of {model.label} get a parent, {new.name}, which has no rows for them."
    if op.kind == "AddField" and not is_removed:
        return f"{model.label} gets a second primary key, {new.name}, which no database takes."
    if op.kind == "AddField":
        return f"all rows of {model.label} get the same value in their new key {new.name}."
    if pointing_at(model, state, history) or pointing_from_elsewhere(model, history):
        return f"{new.name} becomes the key of {model.label}, and the keys that point at its rows have other values."
    return ""
