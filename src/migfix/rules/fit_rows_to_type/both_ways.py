"""A second column of the new type that is filled and takes the place of the first, and back."""

from __future__ import annotations

from collections.abc import Callable

from migfix.changes.altered_fields import AlteredField
from migfix.rows.allow_null import allow_null
from migfix.rows.second_column import demand_unnamed, replace_column
from migfix.source.edits import AddFunction, AddImport, Edit, Insert
from migfix.source.formatting import free_name, quote_of, snake, with_quotes
from migfix.source.migration import Literal, Migration
from migfix.source.writer import Writer, with_arguments

Copying = Callable[[str, AlteredField, str, str, bool], str]
"""Writes the function of a name that copies from one field to another: forward, or back."""


def copy_both_ways(
    migration: Migration, each: AlteredField, taken: set[str], copying: Copying
) -> tuple[str, list[Edit]]:
    """What is written, and the edits. Raises CannotWrite."""
    demand_unnamed(each.model, each.old)
    writer, field = Writer(migration, is_its_own=True), each.new.name
    second = free_name(f"{field}_new", set(each.model.fields))
    stem = f"{snake(each.model.name)}_{field.lower()}"
    copy, restore = (free_name(f"{verb}_{stem}", taken) for verb in ("copy", "restore"))
    taken.update((copy, restore))
    off = {"null": Literal(True), "unique": None, "db_index": None, "db_column": None, "default": None}
    step = writer.operation("RunPython", ("code", copy), ("reverse_code", restore))
    value = with_arguments(each.new.value, **off)
    operations = replace_column(writer, each.model.name.lower(), field, second, value, step)
    functions = copying(copy, each, field, second, True), copying(restore, each, second, field, False)
    first = [] if each.old.is_true("null") else [allow_null(each.index, each.model, each.old, writer)]
    edits: list[Edit] = [
        *first,
        *(Insert(migration.path, ("operations", each.index), code) for code in operations),
        *(AddFunction(migration.path, with_quotes(code, quote_of(migration.source))) for code in functions),
        *writer.edits,
        AddImport(migration.path, "django.db", "router"),
    ]
    return f"{copy}() fills a second column, which takes its place, and {restore}() goes back.", edits
