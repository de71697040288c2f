"""Migrations that depend on each other in a circle: CircularDependencyError, nothing can be migrated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether it depends on a migration of another app."""
    return any(each.setting or (each.key and each.key[0] != migration.app) for each in migration.dependencies)


RULE = Rule(
    code="MIG201",
    name="break-dependency-cycle",
    why="Migrations that depend on each other in a cycle can't be ordered.",
    concerns=concerns,
    needs_all=True,
    order=10,
)
