"""Models that one file deletes and creates again under another name, perhaps because they were renamed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.changes.tables import may_have_rows
from migfix.history import History
from migfix.history.fields import Field
from migfix.history.model import Model
from migfix.history.state import State
from migfix.source.data_functions.lookups import models_named
from migfix.source.migration import Migration, Operation
from migfix.source.text import text_between

_ALIKE = 0.5
"""The share of fields that both models have, apart from the primary key."""
_ONLY = 0.25
"""The same, if no other model is deleted or created in the file."""


@dataclass(frozen=True)
class ReplacedModel:
    """A DeleteModel of a table that may have rows and a CreateModel of the same file."""

    deleted: int
    created: int
    delete: Operation
    create: Operation
    old: Model
    """Before the file."""
    new: Model
    """After the file."""
    is_only: bool
    """Whether no other model is deleted or created in the file."""
    is_followed: bool
    """Whether a model loses a relation to the old one and gets one to the new one."""

    @property
    def likeness(self) -> float:
        """The share of fields that both have with the same class, from 0 to 1."""
        kinds = [{(each.name, each.kind) for each in _values(model)} for model in (self.old, self.new)]
        return len(kinds[0] & kinds[1]) / max(len(kinds[0] | kinds[1]), 1)

    @property
    def is_alike(self) -> bool:
        """Whether the old model may have become the new one."""
        return self.is_followed or self.likeness >= (_ONLY if self.is_only else _ALIKE)


def _values(model: Model) -> Iterator[Field]:
    return (each for each in model.fields.values() if not each.is_true("primary_key"))


def replaced_models(migration: Migration, history: History) -> list[ReplacedModel]:
    """Every such pair of a migration, the most alike first. Pairs that a data step names are left out."""
    before, after = history.state_before(migration), history.state_after(migration)
    found = []
    operations = list(enumerate(migration.operations))
    created = [(index, op) for index, op in operations if op.kind == "CreateModel"]
    is_only = len(created) == 1 == sum(op.kind == "DeleteModel" for _, op in operations)
    for deleted, delete in operations:
        old = before.models.get((migration.app, delete.model)) if delete.kind == "DeleteModel" else None
        if old is None or not created or not may_have_rows(old, migration):
            continue
        for index, create in created:
            new = after.models.get((migration.app, create.model))
            if new is not None and new.has_own_table and not _are_copied(migration, old, new):
                is_followed = _is_followed(migration, old, new, history)
                found.append(ReplacedModel(deleted, index, delete, create, old, new, is_only, is_followed))
    return sorted(found, key=lambda each: -each.likeness)


def _is_followed(migration: Migration, old: Model, new: Model, history: History) -> bool:
    lost = _pointing(migration, "RemoveField", history.state_before(migration), old, history)
    gained = _pointing(migration, "AddField", history.state_after(migration), new, history)
    return bool(lost & gained)


def _pointing(migration: Migration, kind: str, state: State, target: Model, history: History) -> set[str]:
    """The models whose relation to ``target`` the operations of this kind remove or add."""
    found = set()
    for op in migration.operations:
        model = state.models.get((migration.app, op.model)) if op.kind == kind else None
        field = model.fields.get(op.text("name")) if model else None
        if field and field.target(migration.app, op.model, history.facts) == target.key:
            found.add(op.model)
    return found


def _are_copied(migration: Migration, old: Model, new: Model) -> bool:
    """Whether a data step of the file names both models or their tables."""
    for op in migration.operations:
        code = op.arguments.get("code")
        if code is not None and {old.key, new.key} <= models_named(migration, code):
            return True
        text = text_between(migration.source, op.value.span).lower() if op.kind in ("RunSQL", "") else ""
        if old.table.lower() in text and new.table.lower() in text:
            return True
    return False
