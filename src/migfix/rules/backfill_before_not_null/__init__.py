"""An AlterField makes a column NOT NULL while rows still have NULL in it.

SQLite and PostgreSQL fail with ``IntegrityError`` ("NOT NULL constraint failed", "contains null values"). MySQL and
MariaDB fail with ``DataError: (1265, "Data truncated for column …")``, which names the wrong cause. With a callable
default nothing fails, but all these rows get the same value. The rule fills the NULLs in a RunPython right before the
AlterField: with "" for text and files, a value for each row from a callable default, or the value of ``--set``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration alters a field, or adds one."""
    return any(op.kind in ("AlterField", "AddField") for op in migration.operations)


RULE = Rule(
    code="MIG103",
    name="backfill-before-not-null",
    why="NULLs must be filled before their column forbids them.",
    concerns=concerns,
    order=22,
)
