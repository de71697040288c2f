"""A migration waits for one that the installed package doesn't ship: NodeNotFoundError everywhere but here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether it depends on a migration that isn't part of the project."""
    return any(each.key and not history.migration(each.key) for each in migration.dependencies)


RULE = Rule(
    code="MIG205",
    name="drop-phantom-dependency",
    why="A migration that only your own site-packages holds is missing everywhere else: nothing can be migrated there.",
    concerns=concerns,
    order=5,
    is_for_deployed=True,
)
