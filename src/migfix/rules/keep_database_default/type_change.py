"""Columns that get another type while the database keeps a default of the old type."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.history import History
from migfix.history.fields import Field, field_of
from migfix.rules.keep_database_default.columns import kept_defaults
from migfix.source.edits import Edit, Insert
from migfix.source.migration import Migration, Operation, Value
from migfix.source.writer import Writer, with_arguments

DROPPED = "The database keeps a default for this column, which the new type may not take."


@dataclass(frozen=True)
class Outgrown:
    """An AlterField to another type, the field before it, and the default that only the database has."""

    index: int
    op: Operation
    old: Field
    default: Value


def outgrown(migration: Migration, history: History) -> Iterator[Outgrown]:
    """Every such AlterField of a migration."""
    kept: dict[tuple[str, str, str], Value] = {}
    keeping = {each.key for each in history.app_mentioning(migration.app, b"db_default")}
    for each in history.before(migration) if keeping else ():
        if each.key in keeping:
            kept |= kept_defaults(each)
    for index, op, state in history.states(migration) if kept else ():
        place = (migration.app, op.model, op.text("name"))
        model = state.models.get(place[:2]) if op.kind == "AlterField" and place in kept else None
        old = model.fields.get(place[2]) if model else None
        if old and old.get("db_default") is not None:
            del kept[place]  # the default is in the state by now
        elif old and old.kind != field_of(op).kind:
            yield Outgrown(index, op, old, kept.pop(place))


def dropping_edits(migration: Migration, each: Outgrown) -> tuple[Edit, ...]:
    """Add the default to the state, so that a plain AlterField drops it, and sets it again when going back.

    PostgreSQL can't cast a default with its column (``ALTER COLUMN … TYPE``), so it must be dropped first.
    """
    writer = Writer(migration)
    known = writer.alter_field(each.op.model, each.old.name, with_arguments(each.old.value, db_default=each.default), 8)
    plain = writer.alter_field(each.op.model, each.old.name, each.old.value)
    place = ("operations", each.index)
    return (
        Insert(migration.path, place, writer.apart(state_operations=[known]), DROPPED),
        Insert(migration.path, place, plain),
        *writer.edits,
    )
