"""A RemoveField of a NOT NULL column without a default, which can't be reversed on a table with rows.

Going back, the rows have no value for the column. SQLite and PostgreSQL fail with ``IntegrityError`` ("NOT NULL
constraint failed", "contains null values"). MySQL and MariaDB set text to '' without an error, but fail with 1452 for a
foreign key and 1062 for a unique column. The rule adds an AlterField before the RemoveField that sets a default. It
runs no SQL going forward. Going back, all rows get that one value: the old values aren't restored.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration removes a field."""
    return any(op.kind == "RemoveField" for op in migration.operations)


RULE = Rule(
    code="MIG302",
    name="make-removal-reversible",
    why="A removed NOT NULL column can't come back on a table with rows unless they get a value.",
    concerns=concerns,
    order=41,
)
