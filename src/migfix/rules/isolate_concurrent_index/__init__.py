"""An index is created or removed concurrently in a transaction.

PostgreSQL refuses ``CREATE INDEX CONCURRENTLY`` in a transaction, and Django runs each migration in one unless it sets
``atomic = False``: "The AddIndexConcurrently operation cannot be executed inside a transaction", "CREATE INDEX
CONCURRENTLY cannot run inside a transaction block". The rule puts such operations in a file of their own without a
transaction, so that the others stay in theirs.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration

_MENTION = re.compile(rb"concurrently", re.IGNORECASE)


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration does something concurrently, and PostgreSQL may be used."""
    return bool(_MENTION.search(migration.source)) and history.facts.may_run_on("postgresql")


RULE = Rule(
    code="MIG500",
    name="isolate-concurrent-index",
    why="PostgreSQL can't create or remove an index concurrently in a transaction.",
    concerns=concerns,
    order=35,
)
