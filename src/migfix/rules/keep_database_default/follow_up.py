"""Defaults that a deployed migration should have kept in the database, set in a new migration after it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import PurePath

from migfix.history import History
from migfix.rules.keep_database_default.columns import NewColumn
from migfix.source.edits import Edit, NewFile
from migfix.source.migration import Migration
from migfix.splitting.follow_up import Piece, follow_up_name, follow_up_source
from migfix.splitting.split import companion


def still_as_added(columns: list[NewColumn], migration: Migration, history: History) -> list[NewColumn]:
    """The columns that nothing has changed since they were added."""
    leaf = _leaf(migration, history)
    if leaf is None:
        return []
    state = history.state_before(leaf, len(leaf.operations))
    models = {each.model.key: state.models.get(each.model.key) for each in columns}
    return [
        each
        for each in columns
        if (model := models[each.model.key]) and each.field == model.fields.get(each.field.name)
    ]


def new_migration(migration: Migration, operation: str, comment: str, name: str, history: History) -> Iterator[Edit]:
    """A new migration of the same app, after its leaf, with one operation."""
    leaf = _leaf(migration, history)
    assert leaf is not None
    plain = replace(migration, initial=False, atomic=True)
    piece = Piece(operation, name, (f"# {comment}",))
    stem = follow_up_name(plain, history.app(migration.app), [piece])
    path = str(PurePath(migration.path).with_name(f"{stem}.py"))
    own = f'("{migration.app}", "{leaf.name}")'
    reason = f"Follows up on {migration.name}, which is deployed."
    yield NewFile(path, migration.app, follow_up_source(plain, [own], [piece], [], reason))
    yield from companion(leaf, leaf.name, stem, history)


def _leaf(migration: Migration, history: History) -> Migration | None:
    leaves = history.leaves(migration.app)
    return history.migration(leaves[0]) if len(leaves) == 1 else None
