"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.rules.order_forward_reference import RULE
from migfix.rules.order_forward_reference.forward import Forward
from migfix.source.migration import Migration
from migfix.splitting.leaving_fields import CannotLeave


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Move the CreateModel up. If two models need each other, add one key after both."""
    for migration in migrations:
        yield from _check(migration, history)


def _check(migration: Migration, history: History) -> Iterator[Finding]:
    forward = Forward(migration, history)
    references = forward.references()
    if not references:
        return
    index, targets = next(iter(references.items()))
    op, made = migration.operations[index], migration.operations[targets[0]]
    why = f"this operation uses {migration.app}.{made.text('name')}, which line {made.line} creates only later."
    try:
        ordering = forward.ordering(references)
    except CannotLeave as reason:
        next_step = f"Reorder the operations by hand. migfix can't, because {reason}."
        yield Refusal(RULE.code, migration.path, op.line, why, next_step)
        return
    yield Rewrite(RULE.code, migration.path, op.line, why, ordering.wrote, ordering.edits)
