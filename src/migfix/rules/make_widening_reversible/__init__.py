"""A column that comes to allow NULL, and can't go back once the new release has written one.

``AlterField`` with ``null=True`` is safe forward. Then the new release writes NULL, and going back fails: "NOT NULL
constraint failed", "column contains null values", "Data truncated". That is when a deploy is rolled back. The rule adds
a function that fills these rows when going back, and only then.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration alters a field, and mentions NULL."""
    return b"null" in migration.source and any(op.kind == "AlterField" for op in migration.operations)


RULE = Rule(
    code="MIG303",
    name="make-widening-reversible",
    why="A column that comes to allow NULL can't go back on a table where a row has NULL by then.",
    concerns=concerns,
    order=42,
)
