"""A primary key that changes: the numbers that point at it aren't UUIDs, and two keys can't stand in one table.

``id = UUIDField(primary_key=True, default=uuid.uuid4)`` on a table with rows fails on PostgreSQL ("cannot cast type
bigint to uuid") and corrupts the keys on SQLite, whose rows can't be read any more. With another name, all rows get one
UUID. The rule gives each row a UUID, and every key and link that points at it, in one file. It refuses other changes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration alters, adds or removes a field that may be a primary key."""
    kinds = {op.kind for op in migration.operations}
    return b"primary_key" in migration.source and bool(kinds & {"AlterField", "AddField"})


RULE = Rule(
    code="MIG113",
    name="change-primary-key",
    why="A primary key that changes takes the keys that point at it along, or breaks them.",
    concerns=concerns,
    order=11,
)
