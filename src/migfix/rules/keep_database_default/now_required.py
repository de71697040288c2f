"""Columns that are there and no longer allow NULL, which the previous release writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.changes.tables import may_have_rows
from migfix.history import History
from migfix.history.fields import field_of
from migfix.history.model import Model
from migfix.source.migration import Migration, Operation


def now_required(migration: Migration, history: History) -> Iterator[tuple[Operation, Model]]:
    """The AlterFields that take ``null=True`` from a field without a default, each with its model."""
    first = history.state_before(migration)
    for _, op, state in history.states(migration):
        model = state.models.get((migration.app, op.model)) if op.kind == "AlterField" else None
        started = first.models.get(model.key) if model else None
        old = started.fields.get(op.text("name")) if started else None
        new = field_of(op)
        if model is None or old is None or not may_have_rows(model, migration):
            continue
        if old.is_true("null") and old.default is None and not new.is_true("null") and new.kind == old.kind:
            yield op, model
