"""A new condition that rows don't meet: a CheckConstraint, an integer that becomes positive, choices that change.

The migration fails where the database checks the rows: "CHECK constraint failed" on SQLite, "violated by some row" on
PostgreSQL, 4025 or "Out of range value" on MariaDB and MySQL. Where stored values leave ``choices``, nothing fails, and
rows hold a value that no form offers. A person must decide: the rule changes these rows with ``--set`` or ``--map``. It
also names defaults that break a check, or that the column can't hold.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration adds a check, or a field with numbers, choices or a default."""
    words = (b"CheckConstraint", b"Positive", b"choices", b"default")
    return any(word in migration.source for word in words) and any(
        op.kind in ("AlterField", "AddField", "AddConstraint", "AlterConstraint") for op in migration.operations
    )


RULE = Rule(
    code="MIG112",
    name="fit-rows-to-check",
    why="Rows that don't meet a new condition must change before it holds.",
    concerns=concerns,
    order=25,
)
