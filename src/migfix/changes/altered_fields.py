"""Fields that a migration alters on tables that may have rows: old and new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.changes.tables import may_have_rows
from migfix.history import History
from migfix.history.fields import Field, field_of
from migfix.history.model import Model
from migfix.source.migration import Migration, Operation


@dataclass(frozen=True)
class AlteredField:
    """An AlterField of a column that may have values."""

    index: int
    op: Operation
    model: Model
    """The model before the operation."""
    old: Field
    new: Field

    @property
    def label(self) -> str:
        return f"{self.model.label}.{self.new.name}"

    def gains(self, option: str) -> bool:
        """Whether the operation turns a boolean option on."""
        return self.new.is_true(option) and not self.old.is_true(option)


def altered_fields(migration: Migration, history: History) -> Iterator[AlteredField]:
    """Every AlterField of a migration on a table that it doesn't create itself. Both definitions can be read."""
    for index, op, state in history.states(migration):
        model = state.models.get((migration.app, op.model)) if op.kind == "AlterField" else None
        old = model.fields.get(op.text("name")) if model else None
        if model is None or old is None or not may_have_rows(model, migration):
            continue
        new = field_of(op)
        if old.kind and new.kind:
            now = history.state_before(migration, index).models[model.key]
            yield AlteredField(index, op, now, old, new)
