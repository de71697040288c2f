"""A many-to-many field gets or loses a ``through`` model.

Django can't alter the field that way: ``migrate`` fails with ``ValueError: Cannot alter field blog.Post.tags into
blog.Post.tags - they are not compatible types``, on every engine, with or without rows. RemoveField and AddField
instead run, and delete every link. The rule keeps the table of the links and makes it the table of the through model,
or Django's own table again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration alters a field and has a many-to-many field."""
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
