"""A relation that points at another model, or another field of it: its keys keep their numbers, and mean other rows.

``author`` pointed at a user and points at a profile now. ``AlterField`` changes the constraint and no value: user 3
becomes profile 3, which is somebody else's. It fails only if a number is missing there. The rule follows the one-to-one
field between the two models, forward and back. With a new ``to_field`` it fills a second column. It refuses the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration alters a relation."""
    words = (b"ForeignKey", b"OneToOneField", b"ManyToManyField")
    is_relation = any(word in migration.source for word in words)
    return is_relation and any(op.kind == "AlterField" for op in migration.operations)


RULE = Rule(
    code="MIG114",
    name="keep-relation-on-new-target",
    why="A relation to another model or field keeps its numbers, which mean other rows there.",
    concerns=concerns,
    order=14,
)
