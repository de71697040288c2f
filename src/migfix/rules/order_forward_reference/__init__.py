"""An operation uses a model that a later CreateModel of the same file creates.

It fails on every engine: with ``ValueError: The field library.Book.author was declared with a lazy reference`` for a
relation, ``InvalidBasesError`` for a parent, and ``LookupError`` in a data function. The rule moves the CreateModel up,
right before the first operation that uses its model. If two models need each other, the key that points forward becomes
an AddField after both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration creates a model after its first operation."""
    return any(op.kind == "CreateModel" for op in migration.operations[1:])


RULE = Rule(
    code="MIG202",
    name="order-forward-reference",
    why="An operation fails on every database if it uses a model that the same file creates later.",
    concerns=concerns,
    order=8,
)
