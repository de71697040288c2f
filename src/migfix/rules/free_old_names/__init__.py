"""A new model gets a table name that another model had before, and the names of its indexes are still taken.

Renaming a table doesn't rename its indexes and constraints. Django computes their names from the table and the columns,
so that the new table asks for the same names: ``relation "blog_post_author_id_dd7a8485" already exists`` on PostgreSQL,
``index … already exists`` on SQLite, a duplicate foreign key constraint name on MySQL and MariaDB. The rule makes
the old ones again first, which gives them the names of their own table.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration creates a model in an app that has renamed a model or its table."""
    if not any(op.kind == "CreateModel" for op in migration.operations):
        return False
    return any(history.app_mentioning(migration.app, text) for text in (b"RenameModel", b"AlterModelTable"))


RULE = Rule(
    code="MIG211",
    name="free-old-names",
    why="A renamed table keeps the names of its indexes, which a new table of the old name can't have a second time.",
    concerns=concerns,
    order=16,
)
