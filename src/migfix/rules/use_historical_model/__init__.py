"""A data function imports a model from models.py instead of getting it from ``apps``.

It breaks as soon as a later migration adds a column to the model. Every new database, and every one that is a few
migrations behind, then fails, on PostgreSQL with ``ProgrammingError: column blog_post.subtitle does not exist``. Once
the model is renamed or removed, the import itself fails. The rule writes ``Post = apps.get_model("blog", "Post")``,
removes the import, and adds a dependency on the model's app if none guarantees it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration has a RunPython."""
    return any(op.kind == "RunPython" for op in migration.walk())


RULE = Rule(
    code="MIG105",
    name="use-historical-model",
    why="A data function that imports models.py uses columns that the database doesn't have yet at that point.",
    concerns=concerns,
    order=12,
    resolves={
        "django-migration-linter": ("RUNPYTHON_MODEL_IMPORT",),
        "django-safe-migrations": ("SM037",),
        "zdm": ("R014",),
    },
)
