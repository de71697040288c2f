"""Text without a limit: PostgreSQL cuts it without a word when its column goes back to a ``CharField``."""

from __future__ import annotations

from collections.abc import Iterable

from migfix.changes.altered_fields import AlteredField
from migfix.changes.type_facts import length
from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.rows.functions.data_step import step_edits
from migfix.rows.functions.opening import opening
from migfix.rows.functions.variables import Variables
from migfix.rules.make_widening_reversible import RULE
from migfix.source.edits import AddImport
from migfix.source.formatting import call, free_name, literal, render, snake
from migfix.source.migration import Migration
from migfix.source.names import spelling
from migfix.source.writer import CannotWrite


def is_cut(each: AlteredField, engines: Iterable[str]) -> bool:
    """Whether going back casts text of any length to a column with a limit (``USING title::varchar(50)``).

    From a longer ``CharField`` no cast is needed, and PostgreSQL fails on long text by itself.
    """
    return "postgresql" in engines and each.new.kind == "TextField" and length(each.old) is not None


def stop_at_long_text(migration: Migration, each: AlteredField, taken: set[str]) -> Finding:
    """A RunPython after the AlterField whose reverse stops at rows with longer text."""
    name = free_name(f"stop_at_long_{snake(each.model.name)}_{each.new.name.lower()}", taken)
    why = f"{each.label} may hold longer text: going back, PostgreSQL cuts it to {length(each.old)} characters."
    try:
        function = _function(name, each)
    except CannotWrite as reason:
        by_hand = "Look for such rows by hand before you go back, or accept this with `# migfix: ignore[MIG303]`."
        return Refusal(RULE.code, migration.path, each.op.line, f"{why[:-1]}; {reason}.", by_hand)
    taken.add(name)
    spelled = spelling(migration.imports, "django.db.migrations.RunPython") or "migrations.RunPython"
    steps = step_edits(migration, each.index + 1, f"{spelled}.noop", function, reverse=name)
    imports = [("django.db", "router"), ("django.db.models.functions", "Length")]
    return Rewrite(
        RULE.code,
        migration.path,
        each.op.line,
        why,
        f"{name}() stops at such rows, in the reverse of a RunPython after the AlterField.",
        (*steps, *(AddImport(migration.path, module, imported) for module, imported in imports)),
    )


def _function(name: str, each: AlteredField) -> str:
    variables, field, room = Variables((each.model,)), each.new.name, length(each.old)
    size = free_name("length", set(each.model.fields))
    said = f'f"{field} of {each.model.label} is longer than {room} characters in rows {{keys}}"'
    lines = [
        *opening(name, variables, "# Going back, PostgreSQL cuts longer text without a word."),
        '    if schema_editor.connection.vendor == "postgresql":',
        f"        rows = {variables.rows(each.model)}.annotate({size}=Length({literal(field)}))",
        f'        keys = list(rows.filter({size}__gt={room}).values_list("pk", flat=True)[:10])',
        "        if keys:",
        "            " + render(call("raise ValueError", said), 12),
        "",
    ]
    return "\n".join(lines)
