"""Rows changed and their table altered in one transaction: PostgreSQL refuses, with pending trigger events."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from migfix.rule import Rule

if TYPE_CHECKING:
    from migfix.findings import Finding
    from migfix.history import History
    from migfix.model import Migration
    from migfix.rows.apart import Conflict

CODE = "MIG104"
REASON = "because PostgreSQL won't alter a table with rows changed in the same transaction"


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Put the data step and the operation in consecutive files. One cut at a time."""
    for migration in migrations:
        if any(op.kind in ("RunPython", "RunSQL") for op in migration.walk()):
            yield from _check(migration, history)


def _check(migration: Migration, history: History) -> Iterator[Finding]:
    from migfix.circle.leaving import CannotLeave
    from migfix.findings import Refusal, Rewrite
    from migfix.rows.apart import needed_cuts
    from migfix.rows.split import split

    cuts = needed_cuts(migration, history)
    if not cuts:
        return
    conflict = cuts[0]
    why = _why(conflict)
    try:
        name, edits = split(migration, *[cut.up_to for cut in cuts[:2]], reason=REASON, history=history)
    except CannotLeave as reason:
        by_hand = f"Move the operations from line {migration.operations[conflict.up_to].line} on to a new migration."
        yield Refusal(CODE, migration.path, conflict.data.line, f"{why[:-1]}; {reason}.", by_hand)
        return
    moved = f"the operations from line {migration.operations[conflict.up_to].line} on went to {name}, right after it."
    yield Rewrite(CODE, migration.path, conflict.data.line, why, moved, tuple(edits))


def _why(conflict: Conflict) -> str:
    from migfix.model import Name

    code = conflict.data.arguments.get("reverse_code" if conflict.is_backward else "code")
    step = f"{code.dotted}()" if isinstance(code, Name) else "the SQL"
    table = ".".join(conflict.model)
    when = "going back, " if conflict.is_backward else ""
    return (
        f"{when}{step} changes rows of {table} whose foreign keys are then unchecked, and line {conflict.schema.line} "
        "changes that table in the same transaction, which PostgreSQL refuses (pending trigger events)."
    )


RULE = Rule(
    code=CODE,
    name="split-data-from-schema",
    why="PostgreSQL can't alter a table while checks on rows changed in the same transaction are pending.",
    check=check,
    order=30,
    resolves={
        "django-safe-migrations": ("SM038",),
    },
)
