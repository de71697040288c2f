"""An operation needs what another operation of the same file removes before it, or makes after it.

``RemoveField`` comes before the ``AlterUniqueTogether``, ``RemoveIndex`` or ``RemoveConstraint`` that names the field,
or an index, a constraint or ``unique_together`` names a field that is added later: ``FieldDoesNotExist`` on every
engine. A foreign key names a field that becomes unique later: "there is no unique constraint matching given keys". The
rule moves one of the two operations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration

_NAMING = {"AlterUniqueTogether", "AlterIndexTogether", "AddIndex", "AddConstraint", "RemoveIndex", "RemoveConstraint"}


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration adds or removes fields, and changes what names them."""
    kinds = {op.kind for op in migration.operations}
    if {"AddField", "AlterField"} <= kinds and b"to_field" in migration.source:
        return True
    if {"RenameModel", "DeleteModel"} <= kinds:
        return True
    return bool(kinds & {"AddField", "RemoveField", "RenameField"} and kinds & _NAMING)


RULE = Rule(
    code="MIG208",
    name="order-operations",
    why="An operation fails on every database if it needs what is removed before it, or made after it.",
    concerns=concerns,
    order=9,
)
