"""A data step looks up permissions or content types, which a new database gets after its last migration only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration

LOOKED_UP = (b"Permission", b"ContentType", b"permission", b"contenttype")


def concerns(migration: Migration, history: History) -> bool:
    """Whether it has functions, and names permissions or content types."""
    return bool(migration.functions) and any(word in migration.source for word in LOOKED_UP)


RULE = Rule(
    code="MIG108",
    name="create-permissions-first",
    why="Permissions and content types are created after the last migration: a new database has none before.",
    concerns=concerns,
    order=13,
)
