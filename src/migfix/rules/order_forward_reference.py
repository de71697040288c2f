"""An operation uses a model that a later CreateModel of the same file makes: "Related model can't be resolved"."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from migfix.rule import Rule

if TYPE_CHECKING:
    from migfix.findings import Finding
    from migfix.history import History
    from migfix.model import Migration

CODE = "MIG202"


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Move the CreateModel up; where two models need each other, let one key come after both."""
    for migration in migrations:
        if any(op.kind == "CreateModel" for op in migration.operations[1:]):
            yield from _check(migration, history)


def _check(migration: Migration, history: History) -> Iterator[Finding]:
    from migfix.circle.forward import Forward
    from migfix.circle.leaving import CannotLeave
    from migfix.findings import Refusal, Rewrite

    forward = Forward(migration, history)
    references = forward.references()
    if not references:
        return
    index, targets = next(iter(references.items()))
    op, made = migration.operations[index], migration.operations[targets[0]]
    why = f"this operation uses {migration.app}.{made.text('name')}, which line {made.line} makes only later."
    try:
        ordering = forward.ordering(references)
    except CannotLeave as reason:
        next_step = f"Put the operations in order by hand; it can't be done here, because {reason}."
        yield Refusal(CODE, migration.path, op.line, why, next_step)
        return
    yield Rewrite(CODE, migration.path, op.line, why, ordering.wrote, ordering.edits)


RULE = Rule(
    code=CODE,
    name="order-forward-reference",
    why="An operation that uses a model before the same file makes it fails on every database.",
    check=check,
    order=8,
)
