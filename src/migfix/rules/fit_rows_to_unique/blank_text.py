"""Text that becomes nullable and unique: ``''`` becomes NULL, and ``''`` again when going back."""

from __future__ import annotations

from migfix.changes.altered_fields import altered_fields
from migfix.changes.new_uniqueness import NewUniqueness
from migfix.history import History
from migfix.history.model import Model
from migfix.rows.functions.data_step import step_edits
from migfix.rows.functions.opening import opening
from migfix.rows.functions.variables import Variables
from migfix.rows.placeholder_rows.values import TEXT
from migfix.source.edits import AddImport, Edit, Insert
from migfix.source.formatting import free_name, snake
from migfix.source.migration import Literal, Migration
from migfix.source.writer import Writer, with_arguments


def became_nullable(migration: Migration, unique: NewUniqueness, history: History) -> int | None:
    """The index of the AlterField with which the text gets ``null=True``; None if it doesn't in this file."""
    if len(unique.fields) != 1 or unique.is_partial:
        return None
    for each in altered_fields(migration, history):
        is_it = each.model.key == unique.model.key and each.new.name == unique.fields[0] and each.index <= unique.index
        if is_it and each.gains("null") and each.old.kind in TEXT and each.new.kind in TEXT:
            return each.index
    return None


def blank_to_null(migration: Migration, unique: NewUniqueness, place: int, taken: set[str]) -> tuple[str, list[Edit]]:
    """What is written, and the edits. Operation ``place`` makes the field nullable. Raises CannotWrite."""
    (field,) = unique.fields
    forward, back = (
        free_name(f"set_{snake(unique.model.name)}_{field.lower()}_to_{end}", taken) for end in ("null", "empty")
    )
    taken |= {forward, back}
    functions = (
        _function(forward, unique.model, field, '""', "None"),
        _function(back, unique.model, field, "None", '""'),
    )
    edits = step_edits(migration, unique.index, forward, *functions, reverse=back)
    wrote = f"{forward}() turns '' into NULL before it, and {back}() turns it back when going back."
    if place < unique.index:
        return wrote, [*edits, AddImport(migration.path, "django.db", "router")]
    writer = Writer(migration)
    old = unique.model.fields[field]
    nullable = writer.alter_field(unique.model.name.lower(), field, with_arguments(old.value, null=Literal(True)))
    step = Insert(migration.path, ("operations", unique.index), nullable)
    return f"makes the field nullable first; {wrote}", [
        step,
        *edits,
        *writer.edits,
        AddImport(migration.path, "django.db", "router"),
    ]


def _function(name: str, model: Model, field: str, old: str, new: str) -> str:
    variables = Variables((model,))
    comment = (
        "# Rows without a value must not share '': NULLs are never equal."
        if new == "None"
        else "# The column is about to forbid NULL again."
    )
    lookup = f"{field}={old}" if old != "None" else f"{field}__isnull=True"
    return "\n".join(
        [
            *opening(name, variables, comment),
            f"    rows = {variables.rows(model)}",
            f"    rows.filter({lookup}).update({field}={new})",
            "",
        ]
    )
