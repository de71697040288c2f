"""Text that is cut to the new length of its column."""

from __future__ import annotations

from migfix.changes.altered_fields import AlteredField
from migfix.changes.type_facts import length
from migfix.rows.functions.data_step import step_edits
from migfix.rows.functions.opening import opening
from migfix.rows.functions.variables import Variables
from migfix.source.edits import AddImport, Edit
from migfix.source.formatting import free_name, literal, snake
from migfix.source.migration import Migration


def truncate(migration: Migration, each: AlteredField, taken: set[str]) -> tuple[str, list[Edit]]:
    """What is written, and the edits."""
    field, room = each.new.name, length(each.new)
    name = free_name(f"cut_{snake(each.model.name)}_{field.lower()}", taken)
    taken.add(name)
    variables, size = Variables((each.model,)), free_name("length", set(each.model.fields))
    lines = [
        *opening(name, variables, f"# The column is about to hold {room} characters."),
        f"    rows = {variables.rows(each.model)}.annotate({size}=Length({literal(field)}))",
        f"    rows.filter({size}__gt={room}).update({field}=Left({literal(field)}, {room}))",
        "",
    ]
    left = "Going back doesn't restore the rest of the text."
    step = step_edits(migration, each.index, name, "\n".join(lines), is_elidable=True, comment=left)
    functions = "django.db.models.functions"
    imports = [("django.db", "router"), (functions, "Left"), (functions, "Length")]
    needed = [AddImport(migration.path, module, imported) for module, imported in imports]
    return f"{name}() cuts longer text to {room} characters before it, as you allowed.", [*step, *needed]
