"""Migrations that depend on each other in a cycle.

Django can't put them in an order and fails with ``CircularDependencyError`` on every engine: nothing can be migrated,
not even a new test database. The rule moves the fewest foreign keys that break the cycle to a follow-up migration that
runs after both. A squashed migration in a cycle is cut into several.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration depends on a migration of another app."""
    return any(each.setting or (each.key and each.key[0] != migration.app) for each in migration.dependencies)


RULE = Rule(
    code="MIG201",
    name="break-dependency-cycle",
    why="Migrations that depend on each other in a cycle can't be ordered.",
    concerns=concerns,
    needs_all=True,
    order=10,
)
