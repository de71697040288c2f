"""The tables whose rows a transaction has written: PostgreSQL treats such rows as new when they change again."""

from __future__ import annotations

from migfix.history.fields import field_of
from migfix.history.model import Model
from migfix.history.state import State
from migfix.rules.split_data_from_schema.step_effects import step_effects, written_table
from migfix.source.migration import Key, Migration, Operation
from migfix.source.names import BACKWARD, FORWARD

_OF_TYPE = ("max_length", "max_digits", "decimal_places", "db_collation", "base_field")


def written_tables(migration: Migration, op: Operation, state: State, is_backward: bool) -> set[Key]:
    """The tables whose rows count as new afterwards: PostgreSQL checks their foreign keys when they change again."""
    found = (
        {(migration.app, op.model)}
        if _rewrites(op, state.models.get((migration.app, op.model)), is_backward)
        else set()
    )
    for each in (op, *op.database_operations):
        argument = (BACKWARD if is_backward else FORWARD).get(each.kind)
        effects_of = step_effects(migration, each, argument, state) if argument else []
        found |= {key for effect in effects_of if effect.kind != "delete" and (key := written_table(effect, state))}
    return found


def _rewrites(op: Operation, model: Model | None, is_backward: bool) -> bool:
    """Whether an operation writes a table anew, as a new type or a generated column do."""
    old = model.fields.get(op.text("name")) if model else None
    if op.kind == ("RemoveField" if is_backward else "AddField"):
        added = old if is_backward else field_of(op)
        return added is not None and added.kind == "GeneratedField"
    if op.kind != "AlterField" or old is None:
        return False
    new = field_of(op)
    return old.kind != new.kind or any(old.get(name) != new.get(name) for name in _OF_TYPE)


def checks_at_once(op: Operation, model: Model | None, is_backward: bool) -> bool:
    """Whether an AlterField runs ``SET CONSTRAINTS ALL IMMEDIATE``, as it does where NULLs get the field's default.

    From then on nothing stays pending: ``sql_update_with_default`` in django/db/backends/postgresql/schema.py.
    """
    before, after = model.fields.get(op.text("name")) if model else None, field_of(op)
    if op.kind != "AlterField" or before is None:
        return False
    old, new = (after, before) if is_backward else (before, after)
    has_value = new.default is not None or (
        new.is_true("blank") and new.kind in ("CharField", "TextField", "SlugField")
    )
    return old.is_true("null") and not new.is_true("null") and has_value
