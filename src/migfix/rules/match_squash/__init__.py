"""A squashed migration ends in different models than the files it replaces.

New databases then have a different schema than those that ran the replaced files, on every engine. Queries fail where
something is missing, for example with ``OperationalError: no such column: blog_post.rank``. The rule reports what
differs and writes nothing: which of the two is right needs your decision.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration replaces others."""
    return bool(migration.replaces)


RULE = Rule(
    code="MIG213",
    name="match-squash",
    why="A squash that differs from what it replaces gives new databases a different schema than existing ones.",
    concerns=concerns,
    order=7,
)
