"""A column that becomes a many-to-many field of the same name, or the other way round."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.changes.tables import may_have_rows
from migfix.history import History
from migfix.history.fields import Field, field_of
from migfix.history.model import Model
from migfix.rules.copy_links.replaced_relation import LINKS
from migfix.source.migration import Migration, Operation


@dataclass(frozen=True)
class ColumnToLinks:
    """The RemoveField of ``old`` and the AddField of ``new``, of which one is a many-to-many field, the other none."""

    remove: Operation
    model: Model
    old: Field
    new: Field


def columns_to_links(migration: Migration, history: History) -> Iterator[ColumnToLinks]:
    """Every such pair of a migration, on tables that may have rows. A relation that changes its kind isn't one."""
    first = history.state_before(migration)
    removed: list[tuple[Operation, Field]] = []
    added: list[Operation] = []
    for _, op, state in history.states(migration):
        model = state.models.get((migration.app, op.model))
        if model is None or not may_have_rows(model, migration):
            continue
        old = first.models.get(model.key, model)
        if op.kind == "RemoveField" and op.text("name") in old.fields:
            removed.append((op, old.fields[op.text("name")]))
        if op.kind == "AddField":
            added.append(op)
    for op, field in removed:
        for add in added:
            new = field_of(add)
            is_pair = add.model == op.model and _stem(new) == _stem(field)
            if is_pair and LINKS in (field.kind, new.kind) and not (field.is_relation and new.is_relation):
                model = first.models[migration.app, op.model]
                yield ColumnToLinks(op, model, field, new)


def _stem(field: Field) -> str:
    """The name without what it ends in: ``tag`` for ``tags``, ``tag_id`` and ``tag_ids``."""
    return field.name.lower().removesuffix("s").removesuffix("_id")
