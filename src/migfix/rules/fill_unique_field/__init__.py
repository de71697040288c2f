"""A new unique field whose default gives all existing rows the same value.

Django calls a callable default only once. On a table with rows the AddField fails with ``IntegrityError``: "UNIQUE
constraint failed" on SQLite, "could not create unique index" on PostgreSQL, "Duplicate entry" on MySQL and MariaDB. The
rule adds the column as nullable, gives each row its own value in a RunPython, and adds an AlterField to the real field.
It can't fix a literal default.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration adds a field."""
    return any(op.kind == "AddField" for op in migration.operations)


RULE = Rule(
    code="MIG102",
    name="fill-unique-field",
    why="A new unique field needs a different value in each row, but a default is the same for all of them.",
    concerns=concerns,
    order=21,
    resolves={
        "django-safe-migrations": ("SM033", "SM040"),
    },
)
