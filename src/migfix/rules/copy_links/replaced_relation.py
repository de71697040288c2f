"""A relation that one file removes, and the one of the other kind that takes its place."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.changes.tables import may_have_rows
from migfix.history import History
from migfix.history.fields import Field, field_of
from migfix.history.model import Model
from migfix.source.formatting import free_name
from migfix.source.migration import Key, Migration, Operation

LINKS = "ManyToManyField"


@dataclass(frozen=True)
class ReplacedRelation:
    """A RemoveField and an AddField of relations. One of the two is a many-to-many field."""

    migration: Migration
    removed: int
    added: int
    remove: Operation
    add: Operation
    model: Model
    """The model before the removal."""
    old: Field
    new: Field
    target: Key
    """The model that the new relation points at."""
    is_to_another: bool = False
    """Whether the old relation of the same name points at another model."""

    @property
    def label(self) -> str:
        return f"{self.model.label}.{self.old.name}"

    @property
    def until_removed(self) -> str:
        """The name of the old field while the rows are copied."""
        is_renamed = self.old.name == self.new.name
        return free_name(f"old_{self.old.name}", set(self.model.fields)) if is_renamed else self.old.name

    @property
    def place(self) -> tuple[str, int]:
        """Where the rows can be copied: both fields are there, if the old one is removed later."""
        return "operations", max(self.added + 1, self.removed)


def replaced_relations(migration: Migration, history: History) -> Iterator[ReplacedRelation]:
    """Every such pair of a migration, on tables that may have rows."""
    pairs: list[tuple[str, int, Operation, Model, Field]] = []
    for index, op, state in history.states(migration):
        model = state.models.get((migration.app, op.model)) if op.kind in ("RemoveField", "AddField") else None
        if model is None or not may_have_rows(model, migration):
            continue
        field = model.fields.get(op.text("name")) if op.kind == "RemoveField" else field_of(op)
        if field is None or not field.is_relation:
            continue
        other = "AddField" if op.kind == "RemoveField" else "RemoveField"
        for kind, place, earlier, before, found in pairs:
            target = field.target(*model.key, history.facts)
            is_other_kind = (field.kind == LINKS) != (found.kind == LINKS)
            if kind != other or before.key != model.key or not is_other_kind or target is None:
                continue
            earlier_target = found.target(*model.key, history.facts)
            is_to_another = earlier_target != target
            if earlier_target is None or (is_to_another and field.name != found.name):
                continue
            if kind == "RemoveField":
                own = (migration, place, index, earlier, op, before, found, field, target)
            else:
                own = (migration, index, place, op, earlier, model, field, found, earlier_target)
            yield ReplacedRelation(*own, is_to_another)
        pairs.append((op.kind, index, op, model, field))
