"""Migrations that depend on each other in a circle: CircularDependencyError, nothing can be migrated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from migfix.rule import Rule

if TYPE_CHECKING:
    from migfix.findings import Finding
    from migfix.history import History
    from migfix.model import Key, Migration

CODE = "MIG201"


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Let the fewest foreign keys that close the circle go to a follow-up migration. One circle at a time."""
    if not any(_points_elsewhere(each) for each in migrations):
        return
    from migfix.findings import Rewrite
    from migfix.history.graph import rings

    named = {each.key for each in migrations}
    for ring in rings(history, migrations):
        if ring & named:
            finding = _finding(ring, min(ring & named), history)
            yield finding
            if isinstance(finding, Rewrite):
                return


def _points_elsewhere(migration: Migration) -> bool:
    """Whether a migration waits for one of another app; the cheap question that most files answer with no."""
    return any(each.setting or (each.key and each.key[0] != migration.app) for each in migration.dependencies)


def _finding(ring: frozenset[Key], named: Key, history: History) -> Finding:
    from migfix.circle.opening import CannotOpen, opening
    from migfix.findings import Refusal, Rewrite
    from migfix.history.graph import way

    start = history.migration(named)
    assert start is not None
    shown = " -> ".join(map(".".join, way(named, named, history)))
    why = f"these migrations depend on each other in a circle: {shown}."
    try:
        found = opening(ring, history)
    except CannotOpen as reason:
        next_step = "Let one of the models do without its key until both tables exist, or undo what closed the circle."
        why += f" It can't be opened here: {reason}."
        return Refusal(CODE, start.path, _line(start, ring, history), why, next_step)
    first = history.migration(found.first)
    assert first is not None
    return Rewrite(CODE, first.path, _line(first, ring, history), why, found.wrote, found.edits)


def _line(migration: Migration, ring: frozenset[Key], history: History) -> int:
    return next((each.line for each in migration.dependencies if history.resolve(each) in ring), 1)


RULE = Rule(
    code=CODE,
    name="break-dependency-cycle",
    why="Migrations that depend on each other in a circle can't be put in any order.",
    check=check,
    order=10,
)
