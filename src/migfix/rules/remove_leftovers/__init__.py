"""A database has something already that a new migration makes: an earlier attempt left it, or somebody made it by hand.

``migrate`` stops there at ``relation "blog_tag" already exists`` or ``Duplicate column name 'rank'``. An index that
PostgreSQL could not build concurrently stays as well, invalid. The rule looks into the databases that were named with
``--database``, and names what is there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether a database was read that hasn't applied the migration."""
    return any(migration.key not in applied for applied in history.facts.applied.values())


RULE = Rule(
    code="MIG602",
    name="remove-leftovers",
    why="A migration can't make what a database has already.",
    concerns=concerns,
    order=60,
    may_pass_elsewhere=True,
)
