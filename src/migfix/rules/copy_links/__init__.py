"""A foreign key that becomes a many-to-many field, or the other way round: every link is lost.

Django can't alter between the two, so makemigrations writes a RemoveField and an AddField. The migration passes on
every engine, and no row has a category any more. The rule names it, with the order that keeps the links.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration removes a field and adds one, and the app has many-to-many fields."""
    if not {"RemoveField", "AddField"} <= {op.kind for op in migration.operations}:
        return False
    return any(b"ManyToManyField" in each.source for each in history.app(migration.app).values())


RULE = Rule(
    code="MIG115",
    name="copy-links",
    why="A foreign key that becomes a many-to-many field, or the other way round, loses every link.",
    concerns=concerns,
    order=15,
)
