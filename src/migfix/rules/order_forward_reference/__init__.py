"""An operation uses a model that a later CreateModel of the same file makes: "Related model can't be resolved"."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether it creates a model after its first operation."""
    return any(op.kind == "CreateModel" for op in migration.operations[1:])


RULE = Rule(
    code="MIG202",
    name="order-forward-reference",
    why="An operation that uses a model before the same file makes it fails on every database.",
    concerns=concerns,
    order=8,
)
