"""A migration depends on one that the installed package doesn't ship.

Usually ``makemigrations`` wrote it into site-packages after a change of DEFAULT_AUTO_FIELD. On every other machine, and
on this one after the next ``pip install``, Django fails with ``NodeNotFoundError`` on every engine. The rule points the
dependency at the newest migration that the package ships. In a deployed file, it points at one that is applied wherever
the file is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration depends on one that isn't part of the project."""
    return any(each.key and not history.migration(each.key) for each in migration.dependencies)


RULE = Rule(
    code="MIG205",
    name="drop-phantom-dependency",
    why="A migration that only your own site-packages holds is missing everywhere else: nothing can be migrated there.",
    concerns=concerns,
    order=5,
    is_for_deployed=True,
    stops_django=True,
)
