"""``order_with_respect_to`` on a table with rows: all of them get the same place.

``AlterOrderWithRespectTo`` adds a column ``_order`` with 0 in each existing row. The migration passes. Then the rows of
one quiz come in any order, and ``get_next_in_order()`` raises DoesNotExist. The rule numbers the rows in the order that
they had until now.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration gives rows an order."""
    return any(op.kind == "AlterOrderWithRespectTo" for op in migration.operations)


RULE = Rule(
    code="MIG116",
    name="number-ordered-rows",
    why="All existing rows get the same place in the order of order_with_respect_to.",
    concerns=concerns,
    order=24,
)
