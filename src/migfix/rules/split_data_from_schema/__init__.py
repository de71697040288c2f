"""Rows changed and their table altered in one transaction: PostgreSQL refuses, with pending trigger events."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether it runs code or SQL."""
    return any(op.kind in ("RunPython", "RunSQL") for op in migration.walk())


RULE = Rule(
    code="MIG104",
    name="split-data-from-schema",
    why="PostgreSQL can't alter a table while checks on rows changed in the same transaction are pending.",
    concerns=concerns,
    order=30,
    resolves={
        "django-safe-migrations": ("SM038",),
    },
)
