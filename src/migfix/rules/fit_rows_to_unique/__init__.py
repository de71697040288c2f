"""An existing column that becomes unique while rows share a value.

Text that may be blank has ``''`` in many rows. Once it is unique, the migration fails: "UNIQUE constraint failed" on
SQLite, "could not create unique index" on PostgreSQL, "Duplicate entry ''" on MySQL and MariaDB. If the field gets
``null=True`` in the same step, the rule turns ``''`` into NULL in between, and back again on the way back. For other
duplicates a person must decide, with ``--duplicates``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration

_KINDS = ("AlterField", "AlterUniqueTogether", "AddConstraint")


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration may make a column unique."""
    is_said = b"nique" in migration.source or b"OneToOneField" in migration.source
    return is_said and any(op.kind in _KINDS for op in migration.operations)


RULE = Rule(
    code="MIG111",
    name="fit-rows-to-unique",
    why="Rows that share a value must change before their column is unique.",
    concerns=concerns,
    order=24,
)
