"""A many-to-many that gets or loses a ``through`` model: Django raises, and by hand the links are lost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether it alters a field, and has a many-to-many."""
    return b"ManyToManyField" in migration.source and any(op.kind == "AlterField" for op in migration.operations)


RULE = Rule(
    code="MIG106",
    name="keep-links-on-through",
    why="Django can't add a through model to a many-to-many, or remove it: the links must keep their table.",
    concerns=concerns,
    order=14,
    resolves={
        "django-safe-migrations": ("SM003",),
    },
)
