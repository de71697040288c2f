"""A migration that creates an app's first tables but doesn't count as initial.

``migrate --fake-initial`` then runs it although its tables exist. PostgreSQL and MySQL fail, for example with
``ProgrammingError: column "shop_id" of relation "bills_bill" already exists``. SQLite remakes the whole table without
an error. The rule sets ``initial = True`` on the later part of a first migration that was split (``0002_initial``), and
on a first migration with ``initial = False``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration creates models or adds fields, and isn't marked as initial."""
    return not migration.initial and any(op.kind in ("CreateModel", "AddField") for op in migration.operations)


RULE = Rule(
    code="MIG204",
    name="mark-initial",
    why="`migrate --fake-initial` skips existing tables only in migrations that count as initial.",
    concerns=concerns,
    order=12,
    is_for_deployed=True,
)
