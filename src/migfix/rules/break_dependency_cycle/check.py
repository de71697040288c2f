"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.history.cycles import rings, way
from migfix.rules.break_dependency_cycle import RULE
from migfix.rules.break_dependency_cycle.cycle import CannotOpen, opening
from migfix.source.migration import Key, Migration


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Move the fewest foreign keys that close the cycle to a follow-up migration. Fixes one cycle at a time."""
    named = {each.key for each in migrations}
    if any(_is_needed_by_packages(each, history) for each in migrations):
        history = history.whole
    for ring in rings(history, migrations):
        if ring & named:
            finding = _finding(ring, min(ring & named), history)
            yield finding
            if isinstance(finding, Rewrite):
                return


def _is_needed_by_packages(migration: Migration, history: History) -> bool:
    """Whether the file depends on a package, which may depend on the user model of its app in turn: admin does."""
    user = history.facts.auth_user
    is_of_user = user is not None and user[0] == migration.app
    return is_of_user and any(each.key and history.package(each.key[0]) for each in migration.dependencies)


def _finding(ring: frozenset[Key], named: Key, history: History) -> Finding:
    start = history.migration(named)
    assert start is not None
    shown = " -> ".join(map(".".join, way(named, named, history)))
    why = f"these migrations depend on each other in a cycle: {shown}."
    try:
        found = opening(ring, history)
    except CannotOpen as reason:
        next_step = "Remove one of the keys until both tables exist, or undo the change that closed the cycle."
        why += f" migfix can't break it: {reason}."
        return Refusal(RULE.code, start.path, _line(start, ring, history), why, next_step)
    first = history.migration(found.first)
    assert first is not None
    return Rewrite(RULE.code, first.path, _line(first, ring, history), why, found.wrote, found.edits)


def _line(migration: Migration, ring: frozenset[Key], history: History) -> int:
    return next((each.line for each in migration.dependencies if history.resolve(each) in ring), 1)
