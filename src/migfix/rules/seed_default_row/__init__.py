"""A new foreign key gives existing rows a default, but the row that it points at doesn't exist.

On a table with rows the migration fails with ``IntegrityError`` on every engine: SQLite "has an invalid foreign key",
PostgreSQL "violates foreign key constraint", MySQL and MariaDB 1452, and 1050 ("already exists") on the next attempt.
The rule creates the row with placeholder values, in a RunPython before the operation that adds the key. The values are
printed, and can be set with ``--set``. It looks at rows of tables that are there already only with ``--database``, and
never invents users or rows of installed packages.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from migfix.findings.rule import Rule
from migfix.history.fields import field_of

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration, Operation


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration, or a new file that points at one of its models, gives rows a foreign key."""
    return any(gives_rows_a_key(op) for each in (migration, *pointing_at(migration, history)) for op in each.walk())


def gives_rows_a_key(op: Operation) -> bool:
    """Whether an operation could fill a foreign key with a default."""
    if op.kind not in ("AddField", "AlterField"):
        return False
    field = field_of(op)
    return field.is_key and field.default is not None


def pointing_at(migration: Migration, history: History) -> Iterator[Migration]:
    """The new files that mention a model that this migration creates."""
    for op in migration.operations:
        if op.kind == "CreateModel":
            yield from history.new_mentioning(f"{migration.app}.{op.model}")


RULE = Rule(
    code="MIG101",
    name="seed-default-row",
    why="The row that a new foreign key's default points at must exist before the key does.",
    concerns=concerns,
    order=20,
)
