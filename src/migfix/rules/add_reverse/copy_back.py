"""The function that copies columns back."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.rows.functions.variables import Variables
from migfix.rules.add_reverse.verdict import CopyBack
from migfix.source.edits import AddFunction, AddImport, Edit
from migfix.source.formatting import call, free_name, literal, quote_of, render, snake, with_quotes
from migfix.source.migration import Migration

COMMENT = "# Going back, the values return to the column that they came from."


def copy_back_name(verdict: CopyBack, migration: Migration) -> str:
    """The function's name: ``restore_post_summary``."""
    names = "_and_".join(old for old, _ in verdict.columns[:2])
    return free_name(f"restore_{snake(verdict.model.name)}_{names}".lower(), migration.bound)


def copy_back_edits(verdict: CopyBack, name: str, migration: Migration) -> Iterator[Edit]:
    """The edits that add the function and its imports."""
    variables = Variables((verdict.model,))
    model, rows = variables.of(verdict.model), variables.rows(verdict.model)
    got = call(f"{model} = apps.get_model", literal(verdict.model.app), literal(verdict.model.name))
    lines = [
        f"def {name}(apps, schema_editor):",
        f"    {COMMENT}",
        "    alias = schema_editor.connection.alias",
        "    " + render(got, 4),
        f"    if not router.allow_migrate_model(alias, {model}):",
        "        return",
        f"    rows = {rows}",
    ]
    for old, new in verdict.columns:
        is_sure = verdict.model.fields[old].is_true("null") or not verdict.model.fields[new].is_true("null")
        filled = "rows" if is_sure else f"rows.filter({new}__isnull=False)"
        lines.append("    " + render(call(f"{filled}.update", f"{old}=models.F({literal(new)})"), 4))
    function = with_quotes("\n".join(lines) + "\n", quote_of(migration.source))
    yield AddFunction(migration.path, function)
    yield from (AddImport(migration.path, "django.db", each) for each in ("models", "router"))
