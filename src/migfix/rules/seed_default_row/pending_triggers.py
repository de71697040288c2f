"""PostgreSQL's "pending trigger events": a transaction that inserts rows into a table can't alter the table.

As tried on PostgreSQL 15, this happens if the rows have a foreign key whose constraint exists when they are inserted,
and a later statement of the transaction alters their table.
"""

from __future__ import annotations

from migfix.history import History
from migfix.rows.placeholder_rows.seed import Seed
from migfix.rules.seed_default_row.seeding import Seeding
from migfix.source.migration import Migration, Operation


def altered_after(seeding: Seeding, migration: Migration, history: History) -> tuple[str, int] | None:
    """The model whose row would have pending checks, and the line of the operation that would then fail; or None."""
    if not migration.atomic or not history.facts.may_run_on("postgresql"):
        return None
    for row in (row for seed in seeding.seeds for row in seed.walk()):
        if not _has_constraint(row, migration):
            continue
        for index, op in enumerate(migration.operations):
            is_deferred = op.kind in ("AddField", "AlterField")
            for each in (op, *op.inner):
                if _alters(each, row, migration) and (index >= seeding.index or is_deferred):
                    return row.model.label, each.line
    return None


def _has_constraint(row: Seed, migration: Migration) -> bool:
    """Whether a foreign key of the row is checked at the end of the transaction.

    Those of a CreateModel in the same migration are added at its end, and those of an AddField are checked at once
    (``sql_create_column_inline_fk`` in django/db/backends/postgresql/schema.py sets them IMMEDIATE).
    """
    return row.model.made_by != migration.key and any(each.is_key for each in row.model.fields.values())


def _alters(op: Operation, row: Seed, migration: Migration) -> bool:
    is_schema = op.kind not in ("", "CreateModel", "AlterModelOptions", "AlterModelManagers", "RunPython", "RunSQL")
    return is_schema and migration.app == row.model.app and op.model == row.model.key[1]
