"""A migration changes rows and alters their table in one transaction.

PostgreSQL fails with ``OperationalError: cannot ALTER TABLE "blog_post" because it has pending trigger events`` if
checks of foreign keys on these rows are still pending. SQLite and MySQL run the migration. The rule adds a step that
makes the checks in between.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration runs code or SQL."""
    return any(op.kind in ("RunPython", "RunSQL") for op in migration.walk())


RULE = Rule(
    code="MIG104",
    name="split-data-from-schema",
    why="PostgreSQL can't alter a table while checks on rows changed in the same transaction are pending.",
    concerns=concerns,
    order=30,
)
