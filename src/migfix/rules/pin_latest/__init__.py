"""A dependency of an applied migration that changes: ``__latest__``, or one that was added later.

Before every ``migrate``, Django checks that the dependencies of applied migrations are applied. If they aren't, it
stops with ``InconsistentMigrationHistory``, on every engine. The rule replaces ``__latest__`` with the migration that
it means today. It can't fix a dependency that was added to a deployed file: move that one to a new migration.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration depends on ``__latest__``, or was changed since it was deployed."""
    return b"__latest__" in migration.source or history.earlier(migration) is not None


RULE = Rule(
    code="MIG206",
    name="pin-latest",
    why="What an applied migration depends on must not change: Django checks it before every migrate.",
    concerns=concerns,
    order=6,
    is_for_deployed=True,
    may_pass_elsewhere=True,
)
