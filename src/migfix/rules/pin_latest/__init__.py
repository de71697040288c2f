"""A dependency that changes its meaning or was added later: InconsistentMigrationHistory where the file has run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether it depends on ``__latest__``, or was changed since it was deployed."""
    return b"__latest__" in migration.source or history.earlier(migration) is not None


RULE = Rule(
    code="MIG206",
    name="pin-latest",
    why="What an applied migration depends on must not change: Django checks it before every migrate.",
    concerns=concerns,
    order=6,
    is_for_deployed=True,
)
