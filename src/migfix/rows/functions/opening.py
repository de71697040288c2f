"""The first lines of a generated function: the database, the models, and whether they are in that database."""

from __future__ import annotations

from migfix.rows.functions.variables import Variables
from migfix.source.formatting import call, literal, render


def opening(name: str, variables: Variables, comment: str) -> list[str]:
    """The lines up to those that read or write rows. ``comment`` is a line of its own, with its ``#``."""
    apps, editor, alias = map(variables.own, ("apps", "schema_editor", "alias"))
    lines = [render(call(f"def {name}", apps, editor, tail="):"))]
    lines += [f"    {comment}", f"    {alias} = {editor}.connection.alias"]
    for each in variables.models:
        got = call(f"{variables.of(each)} = {apps}.get_model", literal(each.app), literal(each.name))
        lines.append("    " + render(got, 4))
    for each in variables.models:
        lines += [f"    if not router.allow_migrate_model({alias}, {variables.of(each)}):", "        return"]
    return lines
