"""A new foreign key points at a table that MySQL or MariaDB stores in another way.

The storage engine, the integer type, or the collation of a text key differ: ``Cannot add foreign key constraint``
(1215), ``errno: 150 "Foreign key constraint is incorrectly formed"`` (1005), ``incompatible`` (3780). The models can't
tell, because it happened by hand, in an import, or with an older Django. The rule looks into the databases that were
named with ``--database``, and writes a step that brings the table in line before the key comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether a database on MySQL or MariaDB was read that hasn't applied the migration."""
    return any(migration.key not in history.facts.applied[alias] for alias in history.facts.servers)


RULE = Rule(
    code="MIG601",
    name="align-foreign-key-table",
    why="MySQL refuses a foreign key to a table of another storage engine, type or collation.",
    concerns=concerns,
    order=45,
    may_pass_elsewhere=True,
)
