"""The functions that copy the values of moved fields, and the RemoveFields that wait for them."""

from __future__ import annotations

from migfix.findings.words import listed
from migfix.rows.functions.data_step import step_edits
from migfix.rows.functions.opening import opening
from migfix.rows.functions.variables import Variables
from migfix.rules.copy_links.created_rows import created_rows, imports
from migfix.rules.copy_links.moved_fields import MovedFields
from migfix.source.edits import Edit, Insert, Remove
from migfix.source.formatting import call, free_name, literal, render, snake
from migfix.source.text import comments_above
from migfix.source.writer import Writer


def move_edits(each: MovedFields, taken: set[str]) -> tuple[str, list[Edit]]:
    """What is written, and the edits. Raises CannotWrite."""
    writer, path = Writer(each.migration, is_its_own=True), each.migration.path
    old, new = snake(each.old.name), snake(each.new.name)
    names = [free_name(name, taken) for name in (f"copy_{old}_to_{new}", f"copy_{new}_to_{old}")]
    taken.update(names)
    place = ("operations", each.created + 1)
    functions = _copy(names[0], each), _copy_back(names[1], each, writer)
    edits: list[Edit] = step_edits(each.migration, place[1], names[0], *functions, reverse=names[1])
    for index, op, field in each.removed:
        if index < each.created:
            comment = "\n".join(comments_above(each.migration.source, op.line)) or None
            code = writer.operation("RemoveField", ("model_name", literal(op.model)), ("name", literal(field.name)))
            edits += [Remove(path, op.where), Insert(path, place, code, comment)]
    wrote = f"{names[0]}() gives each row a row of {each.new.label} with its values, and {names[1]}() goes back."
    return wrote, [*edits, *writer.edits, *imports(path)]


def _copy(name: str, each: MovedFields) -> str:
    """Make a row of the new model for each row."""
    variables = Variables((each.new, each.old))
    attributes = [f"{field.name}_id" if field.is_key else field.name for _, _, field in each.removed]
    values = [f"{each.link}_id=row.pk", *(f"{attribute}=row.{attribute}" for attribute in attributes)]
    lines = [
        *opening(name, variables, f"# Each {each.old.name} gets a {each.new.name} with its {listed(each.names)}."),
        f"    rows = {variables.rows(each.old)}.order_by({literal('pk')})",
        *created_rows(call(variables.of(each.new), *values), "for row in rows.iterator()", variables.rows(each.new)),
    ]
    return "\n".join([*lines, ""])


def _copy_back(name: str, each: MovedFields, writer: Writer) -> str:
    """Give each row the values of its row of the new model."""
    variables = Variables((each.new, each.old))
    outer, subquery, exists = (writer.name(f"django.db.models.{word}") for word in ("OuterRef", "Subquery", "Exists"))
    values = [f"{field}={subquery}(same.values({literal(field)}))" for field in each.names]
    lines = [
        *opening(name, variables, f"# Each {each.old.name} gets back the {listed(each.names)} of its {each.new.name}."),
        "    " + render(call(f"same = {variables.rows(each.new)}.filter", f"{each.link}={outer}({literal('pk')})"), 4),
        f"    rows = {variables.rows(each.old)}.filter({exists}(same))",
        "    " + render(call("rows.update", *values), 4),
    ]
    return "\n".join([*lines, ""])
