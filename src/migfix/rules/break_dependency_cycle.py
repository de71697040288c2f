"""Migrations that depend on each other in a circle: CircularDependencyError, nothing can be migrated."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from migfix.rule import Rule

if TYPE_CHECKING:
    from migfix.circle.leaving import Leaving
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
    from migfix.circle.cut import NoCut, find_cuts
    from migfix.circle.leaving import CannotLeave
    from migfix.circle.split import split_cheapest
    from migfix.findings import Refusal, Rewrite

    shown = " -> ".join(".".join(key) for key in _around(ring, named, history))
    start = history.migration(named)
    assert start is not None
    try:
        cut, edits = split_cheapest(find_cuts(ring, history), history)
    except (NoCut, CannotLeave) as reason:
        return Refusal(
            CODE,
            start.path,
            _line(start, ring, history),
            f"these migrations depend on each other in a circle: {shown}. It can't be opened here: {reason}.",
            "Let one of the models do without its key until both tables exist, or undo what closed the circle.",
        )
    first = history.migration(min(cut.leavings))
    assert first is not None
    return Rewrite(
        code=CODE,
        path=first.path,
        line=_line(first, ring, history),
        why=f"these migrations depend on each other in a circle: {shown}.",
        wrote="; ".join(_wrote(key, left) for key, left in cut.leavings.items()) + ".",
        edits=tuple(edits),
    )


def _around(ring: frozenset[Key], start: Key, history: History) -> list[Key]:
    """One way round the circle, from ``start`` back to it."""
    path, key = [start], start
    ways: dict[Key, list[Key]] = {start: [start]}
    waiting = [start]
    while waiting:
        key = waiting.pop(0)
        migration = history.migration(key)
        for parent in history.parents(migration) if migration else ():
            if parent == start:
                return [*ways[key], start]
            if parent in ring and parent not in ways:
                ways[parent] = [*ways[key], parent]
                waiting.append(parent)
    return path


def _line(migration: Migration, ring: frozenset[Key], history: History) -> int:
    return next((each.line for each in migration.dependencies if history.resolve(each) in ring), 1)


def _wrote(key: Key, left: Leaving) -> str:
    name = ".".join(key)
    if left.is_empty:
        return f"{name} lets go of the dependency, which nothing in it needs"
    keys = "one key" if left.keys == 1 else f"{left.keys} keys"
    return f"{keys} of {name} went to a follow-up migration that comes after both"


RULE = Rule(
    code=CODE,
    name="break-dependency-cycle",
    why="Migrations that depend on each other in a circle can't be put in any order.",
    check=check,
    order=10,
)
