"""Fields that move between a model and its multi-table parent."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.changes.tables import may_have_rows
from migfix.history import History
from migfix.history.fields import Field, field_of
from migfix.history.model import Model
from migfix.rules.copy_links.moved_fields import is_same
from migfix.source.migration import Migration, Operation


@dataclass(frozen=True)
class InheritedField:
    """A RemoveField from ``old`` and an AddField of the same name and type to ``new``, its parent or its child."""

    removed: int
    remove: Operation
    field: Field
    old: Model
    new: Model


def inherited_fields(migration: Migration, history: History) -> Iterator[InheritedField]:
    """Every such move of a migration, from tables that may have rows."""
    removed: list[tuple[int, Operation, Field, Model]] = []
    for index, op, state in history.states(migration):
        model = state.models.get((migration.app, op.model))
        if model is None or op.kind not in ("RemoveField", "AddField") or not may_have_rows(model, migration):
            continue
        field = model.fields.get(op.text("name"))
        if op.kind == "RemoveField" and field:
            removed.append((index, op, field, model))
        if op.kind == "AddField":
            for place, remove, gone, old in removed:
                are_related = old.key in model.parents(history.facts) or model.key in old.parents(history.facts)
                if are_related and gone.name == op.text("name") and is_same(gone, field_of(op)):
                    yield InheritedField(place, remove, gone, old, model)
