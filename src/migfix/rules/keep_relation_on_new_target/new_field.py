"""A key that points at another field of the same model: a second column is filled and takes its place."""

from __future__ import annotations

from migfix.changes.altered_fields import AlteredField
from migfix.history.model import Model
from migfix.rows.functions.data_step import step_edits
from migfix.rows.functions.opening import opening
from migfix.rows.functions.variables import Variables, unique
from migfix.source.edits import AddImport, Edit, Insert
from migfix.source.formatting import call, free_name, literal, render, snake
from migfix.source.migration import Literal, Migration
from migfix.source.writer import Writer, with_arguments


def to_new_field(migration: Migration, each: AlteredField, target: Model, taken: set[str]) -> tuple[str, list[Edit]]:
    """What is written, and the edits. Raises CannotWrite."""
    writer, model, field = Writer(migration, is_its_own=True), each.model.name.lower(), each.new.name
    second = free_name(f"{field}_new", set(each.model.fields))
    stem = f"{snake(each.model.name)}_{field.lower()}"
    names = [free_name(f"{verb}_{stem}", taken) for verb in ("fill_new", "fill_old")]
    taken.update(names)
    off = {"null": Literal(True), "db_constraint": Literal(False)}
    free = with_arguments(each.old.value, **off)
    copy = with_arguments(
        each.new.value, **off, db_index=Literal(False), related_name=Literal("+"), unique=None, db_column=None
    )
    keys = each.to_fields
    functions = (
        _function(names[0], each, target, (field, second), keys, writer),
        _function(names[1], each, target, (second, field), (keys[1], keys[0]), writer),
    )
    of_model = ("model_name", literal(model))
    add = writer.operation("AddField", of_model, ("name", literal(second)), ("field", writer.code(copy)))
    remove = writer.operation("RemoveField", of_model, ("name", literal(field)))
    rename = writer.operation("RenameField", of_model, ("old_name", literal(second)), ("new_name", literal(field)))
    place = ("operations", each.index)
    edits: list[Edit] = [
        Insert(migration.path, place, writer.alter_field(model, field, free)),
        Insert(migration.path, place, add),
        *step_edits(migration, each.index, names[0], *functions, reverse=names[1]),
        Insert(migration.path, place, remove),
        Insert(migration.path, place, rename),
        *writer.edits,
        AddImport(migration.path, "django.db", "router"),
    ]
    return f"{names[0]}() fills a second column, which takes its place, and {names[1]}() goes back.", edits


def _function(
    name: str, each: AlteredField, target: Model, fields: tuple[str, str], keys: tuple[str, str], writer: Writer
) -> str:
    """Fill one of ``fields`` from the other. ``keys`` are the fields of the target that they point at."""
    variables = Variables(unique((each.model, target)))
    opened = opening(name, variables, f"# Both columns point at the same row of {target.label}.")
    if each.model.key == target.key:
        return "\n".join([*opened, *_row_by_row(variables, each.model, fields, keys), ""])
    outer, subquery = (writer.name(f"django.db.models.{each}") for each in ("OuterRef", "Subquery"))
    lines = [
        *opened,
        "    " + render(call(f"same = {variables.rows(target)}.filter", f"{keys[0]}={outer}({literal(fields[0])})"), 4),
        f"    same = same.values({literal(keys[1])})[:1]",
        f"    {variables.rows(each.model)}.update({fields[1]}={subquery}(same))",
    ]
    return "\n".join([*lines, ""])


def _row_by_row(variables: Variables, model: Model, fields: tuple[str, str], keys: tuple[str, str]) -> list[str]:
    """MySQL can't read the table that an UPDATE changes (error 1093)."""
    return [
        f"    rows = {variables.rows(model)}",
        f"    for old, new in list(rows.values_list({literal(keys[0])}, {literal(keys[1])})):",
        f"        rows.filter({fields[0]}=old).update({fields[1]}=new)",
    ]
