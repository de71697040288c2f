"""What the rule finds."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.findings.finding import Finding, Refusal
from migfix.findings.words import listed
from migfix.history import History
from migfix.rules.keep_imported_code import RULE
from migfix.rules.keep_imported_code.bound import Bound
from migfix.rules.keep_imported_code.lost_names import LostName, lost_names
from migfix.source.migration import Migration


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Name what a migration needs and the project doesn't have. Where it belongs needs your decision."""
    known: dict[str, Bound | None] = {}
    for migration in migrations:
        told: set[tuple[str, str]] = set()
        for each in lost_names(migration, history, known):
            if (each.owner, each.name) not in told:
                told.add((each.owner, each.name))
                yield _finding(migration, each, history)


def _finding(migration: Migration, each: LostName, history: History) -> Refusal:
    if not each.name:
        why = f"the project has no module {each.owner}, which this file imports: no command of Django works."
        next_step = "Restore it, or import its names from where they are now."
        places = _defining_all(each.wanted, history)
        if places:
            what = f"{listed(each.wanted)} {'is' if len(each.wanted) == 1 else 'are'} in {listed(places)} now"
            next_step = f"{what}: import from there, or restore {each.owner}."
        return Refusal(RULE.code, migration.path, each.line, why, next_step)
    why = f"{each.owner} has no {each.name}, which this file needs: no command of Django works."
    places = [place for place in history.defining(each.name) if place != each.owner]
    next_step = f"Keep {each.name} in {each.owner} as long as a migration needs it, or name what takes its place here."
    if places:
        next_step = f"{each.name} is in {listed(places)} now: import it from there, or keep it in {each.owner} too."
    return Refusal(RULE.code, migration.path, each.line, why, next_step)


def _defining_all(names: tuple[str, ...], history: History) -> list[str]:
    """The modules of the project that define each of the names."""
    found = [history.defining(name) for name in names]
    return [place for place in found[0] if all(place in each for each in found)] if found else []
