"""A migration that makes an app's first tables doesn't count as initial: ``--fake-initial`` makes them again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether it makes tables or columns, and isn't marked as initial."""
    return not migration.initial and any(op.kind in ("CreateModel", "AddField") for op in migration.operations)


RULE = Rule(
    code="MIG204",
    name="mark-initial",
    why="`migrate --fake-initial` skips existing tables only in migrations that count as initial.",
    concerns=concerns,
    order=12,
    is_for_deployed=True,
)
