"""Text that becomes nullable and unique: ``''`` becomes NULL, and ``''`` again when going back."""

from __future__ import annotations

from migfix.changes.altered_fields import altered_fields
from migfix.changes.new_uniqueness import NewUniqueness
from migfix.history import History
from migfix.history.fields import field_of
from migfix.rows.allow_null import allow_null
from migfix.rows.functions.data_step import step_edits
from migfix.rows.functions.replace_values import FORBIDS_AGAIN, replacing
from migfix.rows.placeholder_rows.values import TEXT
from migfix.rows.prepared import is_filled_here
from migfix.source.edits import AddImport, Edit
from migfix.source.formatting import free_name, snake
from migfix.source.migration import Migration
from migfix.source.writer import Writer

SHARED = "# Rows without a value must not share '': NULLs are never equal."


def became_nullable(migration: Migration, unique: NewUniqueness, history: History) -> int | None:
    """The index of the AlterField with which the text gets ``null=True``; None if it doesn't in this file."""
    if len(unique.fields) != 1 or unique.is_partial:
        return None
    for each in altered_fields(migration, history):
        is_it = each.model.key == unique.model.key and each.new.name == unique.fields[0] and each.index <= unique.index
        if is_it and each.gains("null") and each.old.kind in TEXT and each.new.kind in TEXT:
            return each.index
    return None


def is_read_as_another_type(migration: Migration, unique: NewUniqueness) -> bool:
    """Whether the operation makes another type of the text, and a step before it writes the text: no ``''`` is left."""
    kind = field_of(migration.operations[unique.index]).kind
    is_text = len(unique.fields) != 1 or kind in TEXT
    return not is_text and is_filled_here(migration, unique.index, unique.model, unique.fields[0])


def blank_to_null(migration: Migration, unique: NewUniqueness, place: int, taken: set[str]) -> tuple[str, list[Edit]]:
    """What is written, and the edits. Operation ``place`` makes the field nullable. Raises CannotWrite."""
    (field,) = unique.fields
    forward, back = (
        free_name(f"set_{snake(unique.model.name)}_{field.lower()}_to_{end}", taken) for end in ("null", "empty")
    )
    taken |= {forward, back}
    functions = (
        replacing(forward, unique.model, field, [('""', "None")], SHARED),
        replacing(back, unique.model, field, [("None", '""')], FORBIDS_AGAIN),
    )
    edits = step_edits(migration, unique.index, forward, *functions, reverse=back)
    wrote = f"{forward}() turns '' into NULL before it, and {back}() turns it back when going back."
    if place < unique.index:
        return wrote, [*edits, AddImport(migration.path, "django.db", "router")]
    writer = Writer(migration)
    step = allow_null(unique.index, unique.model, unique.model.fields[field], writer)
    return f"makes the field nullable first; {wrote}", [
        step,
        *edits,
        *writer.edits,
        AddImport(migration.path, "django.db", "router"),
    ]
