"""A removed NOT NULL column without a default: going back fails on a table with rows, which have no value for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether it removes a field."""
    return any(op.kind == "RemoveField" for op in migration.operations)


RULE = Rule(
    code="MIG302",
    name="make-removal-reversible",
    why="A removed NOT NULL column can't come back on a table with rows unless they get a value.",
    concerns=concerns,
    order=41,
)
