"""Tables that were renamed, so that another model can take their name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.history import History
from migfix.history.model import Model
from migfix.source.migration import Key, Migration


@dataclass(frozen=True)
class LeftTable:
    """A model whose table had another name."""

    before: Model
    """The model while it had the old name."""
    now: Key
    """The model as it is called later."""
    in_file: str


def left_tables(migration: Migration, index: int, history: History) -> Iterator[LeftTable]:
    """Every table of the app that was renamed before operation ``index``, oldest first."""
    found: list[LeftTable] = []
    for each in (*history.before(migration), migration):
        if each.app != migration.app:
            continue
        if b"RenameModel" not in each.source and b"AlterModelTable" not in each.source:
            continue
        operations = each.operations[:index] if each is migration else each.operations
        for op, (_, _, state) in zip(operations, history.states(each), strict=False):
            model = state.models.get((each.app, op.model))
            if model is None or op.kind not in ("RenameModel", "AlterModelTable"):
                continue
            now = (each.app, op.text("new_name").lower()) if op.kind == "RenameModel" else model.key
            found = [LeftTable(left.before, now if left.now == model.key else left.now, left.in_file) for left in found]
            found.append(LeftTable(model, now, each.name))
    yield from found
