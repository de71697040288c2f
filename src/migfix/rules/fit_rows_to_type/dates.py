"""Dates and moments. On SQLite both are text: ``2024-02-03`` and ``2024-02-03 00:00:00``.

MySQL rounds the last half second of a day up to the next day, unless ``date()`` cuts the time of day off first:
"Fractional Seconds in Time Values" in its manual. The function runs while the column holds moments.
"""

from __future__ import annotations

from migfix.changes.altered_fields import AlteredField
from migfix.rows.functions.data_step import step_edits
from migfix.rows.functions.opening import opening
from migfix.rows.functions.variables import Variables
from migfix.source.edits import AddImport, Edit
from migfix.source.formatting import free_name, literal, snake
from migfix.source.migration import Migration

_FUNCTION = {"DateField": "date", "DateTimeField": "datetime"}
_CONDITION = {
    "DateField": 'if schema_editor.connection.vendor in ("sqlite", "mysql"):',
    "DateTimeField": 'if schema_editor.connection.vendor == "sqlite":',
}
_COMMENTS = {
    "DateField": "# SQLite keeps the time of day in its text, and MySQL rounds it.",
    "DateTimeField": "# SQLite stores dates as text, and altering the field leaves the text as it is.",
}


def are_dates(each: AlteredField) -> bool:
    return {each.old.kind, each.new.kind} == set(_FUNCTION)


def fit_dates(migration: Migration, each: AlteredField, taken: set[str]) -> tuple[str, list[Edit]]:
    """What is written, and the edits, which run before or after the operation: beside the moments."""
    stem = f"{snake(each.model.name)}_{each.new.name.lower()}"
    verbs = {"DateField": "as_date", "DateTimeField": "as_moment"}
    forward, back = (free_name(f"write_{stem}_{verbs[field.kind]}", taken) for field in (each.new, each.old))
    taken |= {forward, back}
    functions = [_function(forward, each, each.new.kind), _function(back, each, each.old.kind)]
    is_after = each.new.kind == "DateTimeField"
    edits = step_edits(migration, each.index + is_after, forward, *functions, reverse=back)
    imports = [("django.db", "router"), ("django.db.models", "F"), ("django.db.models", "Func")]
    needed = [AddImport(migration.path, module, imported) for module, imported in imports]
    wrote = f"{forward}() cuts the time of day off on SQLite and MySQL before it. Going back, it is midnight."
    if is_after:
        wrote = f"{forward}() rewrites the values on SQLite after it, and {back}() when going back."
    return wrote, [*edits, *needed]


def _function(name: str, each: AlteredField, kind: str) -> str:
    variables, field = Variables((each.model,)), each.new.name
    lines = opening(name, variables, _COMMENTS[kind])
    lines += [
        f"    {_CONDITION[kind]}",
        f"        rows = {variables.rows(each.model)}",
        f"        rows.update({field}=Func(F({literal(field)}), function={literal(_FUNCTION[kind])}))",
    ]
    return "\n".join([*lines, ""])
