"""A data step that imports the live model breaks as soon as models.py has a column that comes later."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether it runs code."""
    return any(op.kind == "RunPython" for op in migration.walk())


RULE = Rule(
    code="MIG105",
    name="use-historical-model",
    why="A data step that imports models.py sees columns that a database on its way doesn't have yet.",
    concerns=concerns,
    order=12,
    resolves={
        "django-migration-linter": ("RUNPYTHON_MODEL_IMPORT",),
        "django-safe-migrations": ("SM037",),
        "zdm": ("R014",),
    },
)
