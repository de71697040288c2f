"""A new NOT NULL column that has no default in the database, so that the previous release can't insert rows.

Django drops the default after it has filled existing rows. During a rolling deploy, or after a rollback of the code,
inserts of the previous release fail: ``null value in column "rank" … violates not-null constraint`` on PostgreSQL,
``1364 Field 'rank' doesn't have a default value`` on MySQL and MariaDB. The rule adds an operation at the end of the
file that keeps the default in the database and not in the models. Select it with ``--extend-select MIG4``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration adds or alters a field."""
    return any(op.kind in ("AddField", "AlterField") for op in migration.operations)


RULE = Rule(
    code="MIG401",
    name="keep-database-default",
    why="A new NOT NULL column has no default in the database: the previous release can't insert.",
    concerns=concerns,
    order=50,
    resolves={
        "django-migration-linter": ("NOT_NULL",),
    },
    has_follow_up=True,
)
