"""The part of a migration in which a table has no primary key: one was removed and the next one isn't set yet."""

from __future__ import annotations

from migfix.history import History
from migfix.source.migration import Key, Migration


def before_window(migration: Migration, index: int, model: Key, history: History) -> int:
    """``index``, or the index of the operation before it that removes the primary key of ``model``.

    In between, Django gives the historical model a key that the table doesn't have ("no such column: shop_ticket.id"),
    and SQLite can't remake the table ("datatype mismatch").
    """
    opened = None
    for place, _, state in history.states(migration):
        has_key = model not in state.models or state.models[model].primary_key is not None
        opened = None if has_key else place - 1 if opened is None else opened
        if place == index:
            break
    return index if opened is None or opened < 0 else opened
