"""A column that becomes a GeneratedField, or gets another expression: Django can't alter it.

makemigrations writes an ``AlterField``, and ``migrate`` raises "Modifying GeneratedFields is not supported". The rule
removes the field and adds it again. The database computes its values anew, so nothing is lost that can't be computed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration alters a field, and the app has generated ones."""
    if not any(op.kind == "AlterField" for op in migration.operations):
        return False
    return any(b"GeneratedField" in each.source for each in history.app(migration.app).values())


RULE = Rule(
    code="MIG117",
    name="replace-generated-field",
    why="Django can't alter a GeneratedField; it must be removed and added again.",
    concerns=concerns,
    order=13,
)
