"""A renamed model whose permissions keep the old name: groups and users lose theirs.

``RenameModel`` renames the content type, but not the codenames of its permissions. After ``migrate``, Django creates
``change_cattle``, and every group still has ``change_cow``, which nothing asks for. Nothing fails, and people can't
edit any more. Django does it itself from version 6.1 on (ticket #27489). The rule renames the permissions, both ways.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration renames a model."""
    return any(op.kind == "RenameModel" for op in migration.operations)


RULE = Rule(
    code="MIG118",
    name="rename-permissions",
    why="Groups lose the permissions of a renamed model, because their codenames have its old name.",
    concerns=concerns,
    order=25,
)
