"""A key that points at another model: the constraint goes, the keys follow the one-to-one field, and it comes back."""

from __future__ import annotations

from migfix.changes.altered_fields import AlteredField
from migfix.rows.functions.data_step import step_edits
from migfix.rows.functions.opening import opening
from migfix.rows.functions.variables import Variables, unique
from migfix.rules.keep_relation_on_new_target.links import Link
from migfix.source.edits import AddImport, Edit, Insert
from migfix.source.formatting import call, free_name, literal, render, snake
from migfix.source.migration import Literal, Migration
from migfix.source.writer import Writer, with_arguments


def to_new_model(migration: Migration, each: AlteredField, link: Link, taken: set[str]) -> tuple[str, list[Edit]]:
    """What is written, and the edits. Raises CannotWrite."""
    writer = Writer(migration, is_its_own=True)
    stem = f"{snake(each.model.name)}_{each.new.name.lower()}"
    names = [free_name(f"point_{stem}_at_{snake(model.name)}", taken) for model in (link.new, link.old)]
    taken.update(names)
    free = with_arguments(each.old.value, db_constraint=Literal(False))
    code = writer.alter_field(each.model.name.lower(), each.old.name, free)
    forward = _function(names[0], each, link, writer, link.is_from_new)
    back = _function(names[1], each, link, writer, not link.is_from_new)
    edits: list[Edit] = [Insert(migration.path, ("operations", each.index), code)]
    edits += step_edits(migration, each.index, names[0], forward, back, reverse=names[1])
    edits += [*writer.edits, AddImport(migration.path, "django.db", "router")]
    wrote = f"{names[0]}() follows {link.label} in a RunPython before the AlterField, and {names[1]}() goes back."
    return wrote, edits


def _function(name: str, each: AlteredField, link: Link, writer: Writer, is_by_field: bool) -> str:
    """The function for one direction. ``is_by_field``: the row is found by the link, and its own key is the result."""
    variables, field = Variables(unique((each.model, link.owner))), each.new.name
    found, wanted = (link.field, "pk") if is_by_field else ("pk", link.field)
    outer, subquery = (writer.name(f"django.db.models.{each}") for each in ("OuterRef", "Subquery"))
    target = link.new if "at_" + snake(link.new.name) in name else link.old
    key = free_name("same", set(each.model.fields))
    said = f'f"These rows of {each.model.label} have no {target.label}: {{keys}}"'
    lines = [
        *opening(name, variables, f"# {link.label} says which rows belong together."),
        "    " + render(call(f"same = {variables.rows(link.owner)}.filter", f"{found}={outer}({literal(field)})"), 4),
        f"    same = same.values({literal(wanted)})[:1]",
        f"    rows = {variables.rows(each.model)}.filter({field}__isnull=False)",
        f"    lost = rows.annotate({key}={subquery}(same)).filter({key}=None)",
        f"    keys = list(lost.values_list({literal('pk')}, flat=True)[:10])",
        "    if keys:",
        "        " + render(call("raise ValueError", said), 8),
        f"    rows.update({field}={subquery}(same))",
    ]
    return "\n".join([*lines, ""])
