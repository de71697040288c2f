"""A new unique field gives all existing rows one value: the unique index can't be made."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether it adds a field."""
    return any(op.kind == "AddField" for op in migration.operations)


RULE = Rule(
    code="MIG102",
    name="fill-unique-field",
    why="A new unique field needs a different value in each row, but a default is the same for all of them.",
    concerns=concerns,
    order=21,
    resolves={
        "django-safe-migrations": ("SM033", "SM040"),
    },
)
