"""A column comes to forbid NULL while rows have it: the AlterField fails, with a misleading message on MySQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from migfix.rule import Rule

if TYPE_CHECKING:
    from migfix.findings import Finding
    from migfix.history import History
    from migfix.model import Migration
    from migfix.rows.nulls import Forbidden

CODE = "MIG103"


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Fill the NULLs in a RunPython right before the AlterField."""
    for migration in migrations:
        if any(op.kind == "AlterField" for op in migration.operations):
            yield from _check(migration, history)


def _check(migration: Migration, history: History) -> Iterator[Finding]:
    from migfix.findings import Refusal
    from migfix.rows.nulls import CannotFill, forbidden
    from migfix.source.code import CannotWrite

    taken = set(migration.bound)
    for each in forbidden(migration, history):
        why = f"{each.label} no longer allows NULL, and rows that have it get no value."
        if each.is_computed:
            why = f"{each.label} no longer allows NULL, and Django would give all rows that have it the same value."
        try:
            finding: Finding = _rewrite(migration, each, why, taken, history)
        except CannotFill as reason:
            finding = Refusal(CODE, migration.path, each.op.line, f"{why[:-1]}: {reason.why}.", reason.next_step)
        except CannotWrite as reason:
            by_hand = "Fill the column in a RunPython of your own before it."
            finding = Refusal(CODE, migration.path, each.op.line, f"{why[:-1]}: {reason}.", by_hand)
        yield finding


def _rewrite(migration: Migration, each: Forbidden, why: str, taken: set[str], history: History) -> Finding:
    from migfix.findings import Rewrite
    from migfix.formatting import flatten
    from migfix.rows.fill import fill_edits
    from migfix.rows.key_window import before_window
    from migfix.rows.leftover import before_migrating
    from migfix.rows.nulls import fill_of

    fill, said = fill_of(migration, each, history)
    place = before_window(migration, each.index, each.model.key, history)
    name, edits = fill_edits(migration, place, fill, taken)
    value = f"{flatten(fill.value)}, {fill.reason}" if fill.is_for_all else "each a value of its own"
    return Rewrite(
        code=CODE,
        path=migration.path,
        line=each.op.line,
        why=why,
        wrote=f"{name}() gives these rows {value}, in a RunPython before the AlterField.",
        edits=tuple(edits),
        advice=before_migrating(migration, each.index, history),
        used_values=said,
    )


RULE = Rule(
    code=CODE,
    name="backfill-before-not-null",
    why="NULLs must be filled before their column forbids them.",
    check=check,
    order=22,
)
