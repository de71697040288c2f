"""A seeding as edits, and the texts that describe it."""

from __future__ import annotations

from migfix.findings.finding import Placeholder, Rewrite
from migfix.history import History
from migfix.rows.functions.data_step import step_edits
from migfix.rows.leftover_tables import before_migrating
from migfix.rules.seed_default_row.function import function_code, imports_of
from migfix.rules.seed_default_row.seeding import Seeding
from migfix.source.edits import AddImport, Move
from migfix.source.formatting import snake
from migfix.source.migration import Migration


def rewrite_of(code: str, migration: Migration, seeding: Seeding, name: str, failing: int, history: History) -> Rewrite:
    """The rewrite that puts function ``name`` and its RunPython before the first operation of ``seeding``.

    ``failing`` is the index of the first operation of the original migration that fails.
    """
    function = function_code(name, seeding.seeds, seeding.children)
    edits = step_edits(migration, seeding.index, name, function, is_elidable=seeding.is_one_off)
    edits += [Move(migration.path, need.op.where, seeding.index) for need in seeding.moved]
    edits += [AddImport(migration.path, module, imported) for module, imported in imports_of(seeding.seeds)]
    first = seeding.needs[0]
    rows = [row for seed in seeding.seeds for row in seed.walk()]
    return Rewrite(
        code=code,
        path=migration.path,
        line=first.op.line,
        why=_why(seeding),
        wrote=_wrote(seeding, name),
        edits=tuple(edits),
        placeholders=tuple(
            dict.fromkeys(Placeholder(row.model.label, f"{row.lookup}={row.key}", row.values) for row in rows)
        ),
        advice=before_migrating(migration, failing, history),
        used_values=tuple(used for row in rows for used in row.used_values),
    )


def function_name(model: str) -> str:
    """``seed_blog_category`` for ``BlogCategory``."""
    return f"seed_{snake(model)}"


def _why(seeding: Seeding) -> str:
    first = seeding.needs[0]
    keys = [seed.key for seed in seeding.seeds]
    given = f"existing {first.child.model.label} rows will get {first.field.name}={' or '.join(keys)}"
    rows = "row" if len(keys) == 1 else "rows"
    return f"{given}, but {first.target.label} has no {rows} {', '.join(keys)}."


def _wrote(seeding: Seeding, name: str) -> str:
    tables = " or ".join(child.model.label for child in seeding.children)
    condition = f"if {tables} has rows, " if tables else ""
    creates = "creates it" if len(seeding.seeds) == 1 else "creates them"
    return f"{name}() {creates} {condition}in a RunPython before the {seeding.needs[0].op.kind}."
