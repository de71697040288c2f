"""A column that comes to allow NULL or longer text, and can't go back once the new release has written one.

``AlterField`` with ``null=True`` is safe forward. Then the new release writes NULL, and going back fails: "NOT NULL
constraint failed", "column contains null values", "Data truncated". That is when a deploy is rolled back. The rule adds
a function that fills these rows when going back, and only then. A ``CharField`` that becomes a ``TextField`` goes back,
but PostgreSQL cuts what is longer: the rule stops at it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration alters a field, and mentions NULL or a text without a limit."""
    is_wider = b"null" in migration.source or b"TextField" in migration.source
    return is_wider and any(op.kind == "AlterField" for op in migration.operations)


RULE = Rule(
    code="MIG303",
    name="make-widening-reversible",
    why="A column that allows NULL or longer text now can't go back once a row has one.",
    concerns=concerns,
    order=42,
)
