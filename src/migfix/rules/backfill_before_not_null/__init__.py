"""A column comes to forbid NULL while rows have it: the AlterField fails, with a misleading message on MySQL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether it alters a field."""
    return any(op.kind == "AlterField" for op in migration.operations)


RULE = Rule(
    code="MIG103",
    name="backfill-before-not-null",
    why="NULLs must be filled before their column forbids them.",
    concerns=concerns,
    order=22,
)
