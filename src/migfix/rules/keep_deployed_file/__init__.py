"""A deployed migration is edited, renamed or deleted, or waits for a new one.

Databases have recorded it under its name, and never run it again. An edit never reaches them. A renamed file runs a
second time and fails with ``table "blog_post" already exists``. A deleted one is missing on new databases. One that
waits for a new migration stops every migrate with ``InconsistentMigrationHistory``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the file is deployed and was changed, or deployed files of its app are gone, or need it."""
    if history.earlier(migration) is not None or history.gone(migration):
        return True
    user = history.facts.auth_user
    return user is not None and user[0] == migration.app and b"CreateModel" in migration.source


RULE = Rule(
    code="MIG209",
    name="keep-deployed-file",
    why="Databases have recorded a deployed migration under its name, and never run it again.",
    concerns=concerns,
    order=4,
    is_for_deployed=True,
    may_pass_elsewhere=True,
)
