"""The functions that change rows which don't meet a condition."""

from __future__ import annotations

from collections.abc import Mapping

from migfix.changes.new_checks import NewCheck
from migfix.history.fields import Field
from migfix.history.model import Model
from migfix.rows.functions.data_step import step_edits
from migfix.rows.functions.opening import opening
from migfix.rows.functions.replace_values import replacing
from migfix.rows.functions.variables import Variables
from migfix.rows.placeholder_rows.check_constraint import holds
from migfix.rows.placeholder_rows.values import of_value
from migfix.source.edits import AddImport, Edit
from migfix.source.formatting import call, free_name, literal, render, snake
from migfix.source.migration import Migration
from migfix.source.writer import Writer


def set_value(
    migration: Migration, each: NewCheck, field: Field, value: object, taken: set[str]
) -> tuple[str, list[Edit]]:
    """What is written, and the edits. Raises CannotWrite, Unreadable."""
    name = free_name(f"correct_{snake(each.model.name)}_{field.name.lower()}", taken)
    taken.add(name)
    writer, written = Writer(migration, is_its_own=True), of_value(value, field)
    variables = Variables((each.model,))
    if each.field is not None:
        wrong = [f"    wrong = rows.filter({field.name}__lt=0)"]
    else:
        met = writer.code(each.condition)
        is_null_wrong = not holds(each.condition, {field.name: None})
        known = [] if is_null_wrong else [f"    rows = rows.exclude({field.name}__isnull=True)"]
        wrong = [*known, "    " + render(call("wrong = rows.exclude", met), 4)]
    lines = [
        *opening(name, variables, "# The condition that follows must hold for all rows."),
        f"    rows = {variables.rows(each.model)}",
        *wrong,
        f"    wrong.update({field.name}={written.code})",
        "",
    ]
    step = step_edits(migration, each.index, name, "\n".join(lines), is_elidable=True, comment=LEFT)
    imports = [("django.db", "router"), *written.imports]
    needed = [AddImport(migration.path, module, imported) for module, imported in imports]
    wrote = f"{name}() sets {field.name} of such rows to {value!r} before it, as you set it."
    return wrote, [*step, *writer.edits, *needed]


LEFT = "Going back leaves these values."


def map_values(
    migration: Migration, index: int, model: Model, field: str, values: Mapping[object, object], taken: set[str]
) -> tuple[str, list[Edit]]:
    """What is written, and the edits that run before operation ``index``: old value -> new value, and back."""
    stem = f"{snake(model.name)}_{field.lower()}"
    forward, back = (free_name(f"{verb}_{stem}", taken) for verb in ("map", "unmap"))
    taken |= {forward, back}
    pairs = [(literal(old), literal(new)) for old, new in values.items()]
    functions = (
        replacing(name, model, field, each, "# The stored value changes with the choice.")
        for name, each in ((forward, pairs), (back, [(new, old) for old, new in reversed(pairs)]))
    )
    edits = step_edits(migration, index, forward, *functions, reverse=back)
    shown = ", ".join(f"{old!r} to {new!r}" for old, new in values.items())
    return f"{forward}() changes {shown}, and {back}() changes them back.", [
        *edits,
        AddImport(migration.path, "django.db", "router"),
    ]
