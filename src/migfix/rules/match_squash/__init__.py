"""A squashed migration that ends in other models than the files it replaces: new databases and old ones differ."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether it replaces others."""
    return bool(migration.replaces)


RULE = Rule(
    code="MIG213",
    name="match-squash",
    why="A squash that differs from what it replaces gives new databases a different schema than existing ones.",
    concerns=concerns,
    order=7,
)
