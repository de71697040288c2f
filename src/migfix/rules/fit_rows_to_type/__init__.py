"""A column that gets another type or a smaller size, while rows hold values that don't fit.

PostgreSQL fails on them (``invalid input syntax``, ``value too long``, ``out of range``), or has no cast at all. MySQL
and MariaDB fail with 1265, 1264, 1366 or 1406. SQLite stores anything, and the rows can't be read or found afterwards.
The rule reads text as the new type before the AlterField and stops at what can't be read, with the primary keys. Dates
on SQLite are brought into their new form. The rest is for a person to decide. What passes on all values is silent: each
pair of Django's field classes was tried on each engine, with rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration alters a field."""
    return any(op.kind == "AlterField" for op in migration.operations)


RULE = Rule(
    code="MIG110",
    name="fit-rows-to-type",
    why="Values that don't fit the new type or size of a column must change before it.",
    concerns=concerns,
    order=23,
)
