"""A migration without a transaction has several steps, and can't be resumed if one of them fails.

``atomic = False`` keeps the steps that ran. The next ``migrate`` begins with the first one again and stops at
``relation "post_title_idx" already exists``. Then only SQL by hand helps. The rule is off by default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration runs without a transaction and has several operations."""
    return not migration.atomic and len(migration.operations) > 1


RULE = Rule(
    code="MIG504",
    name="resume-without-transaction",
    why="Without a transaction, the steps before a failure stay, and the next migrate begins with the first one.",
    concerns=concerns,
    order=36,
)
