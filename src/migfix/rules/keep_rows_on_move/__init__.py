"""A model that moves to another app is made anew and empty there, and its table is dropped with all rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether a model is deleted, here or in a new file beside it."""
    return b"DeleteModel" in migration.source or bool(history.new_mentioning("DeleteModel"))


RULE = Rule(
    code="MIG107",
    name="keep-rows-on-move",
    why="A model that moves to another app must take its table along, or all rows are lost.",
    concerns=concerns,
    needs_all=True,
    order=15,
    resolves={
        "django-migration-linter": ("DROP_TABLE",),
        "django-safe-migrations": ("SM003",),
        "squawk": ("ban-drop-table",),
        "zdm": ("R019",),
    },
)
