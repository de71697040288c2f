"""A NOT NULL column whose default Django drops again: the release before can't insert rows any more."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether it adds or alters a field."""
    return any(op.kind in ("AddField", "AlterField") for op in migration.operations)


RULE = Rule(
    code="MIG401",
    name="keep-database-default",
    why="A new NOT NULL column has no default in the database: the previous release can't insert.",
    concerns=concerns,
    order=50,
    resolves={
        "django-migration-linter": ("NOT_NULL",),
    },
    has_follow_up=True,
)
