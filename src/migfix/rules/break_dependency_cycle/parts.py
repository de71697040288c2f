"""The parts of a squashed migration as edits. Each has the net effect of exactly the migrations that it replaces."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePath

from migfix.history import History
from migfix.history.dependencies import dependency_code
from migfix.rules.break_dependency_cycle.chain import put_together
from migfix.rules.break_dependency_cycle.data_steps import data_steps, elided
from migfix.rules.break_dependency_cycle.halves import apart, second_half
from migfix.rules.break_dependency_cycle.part_file import part_of
from migfix.rules.break_dependency_cycle.ranges import CannotCut, Part
from migfix.source.edits import Edit, Insert, Remove, Replace
from migfix.source.formatting import quote_of, with_quotes
from migfix.source.migration import Key, Migration
from migfix.splitting.leaving_fields import CannotLeave
from migfix.splitting.split import companion


def part_edits(squashed: Migration, parts: tuple[Part, ...], history: History) -> Iterator[Edit]:
    """The edits that keep the first part in the file and put the others into new files. Raises CannotCut."""
    steps = data_steps(squashed, parts)
    try:
        is_alike = len(parts) == 2 and not elided(squashed, parts, steps)
        left = second_half(squashed, parts, steps, history) if is_alike else None
        if left is not None:
            yield from apart(squashed, parts, left)
        else:
            yield from put_together(squashed, parts, steps)
    except CannotLeave as reason:
        raise CannotCut(str(reason)) from None
    for index, key in enumerate(squashed.replaces):
        if key not in {each.key for each in parts[0].replaced}:
            yield Remove(squashed.path, ("replaces", index))
    yield from _first_dependencies(squashed, parts, history)
    yield from _dependents(squashed, parts, history)
    yield from companion(squashed, squashed.name, parts[-1].name, history)


def _first_dependencies(squashed: Migration, parts: tuple[Part, ...], history: History) -> Iterator[Edit]:
    for each in squashed.dependencies:
        if part_of(each, parts) > 0:
            yield Remove(squashed.path, ("dependencies", each.index))
    there = {(each.key, each.setting) for each in squashed.dependencies}
    missing = [each for each in parts[0].needed if (each.key, each.setting) not in there]
    for each in missing:
        code = with_quotes(each.code, quote_of(squashed.source))
        yield Insert(squashed.path, ("dependencies", len(squashed.dependencies)), code)


def _dependents(squashed: Migration, parts: tuple[Part, ...], history: History) -> Iterator[Edit]:
    """Point files that depend on the squashed migration at its last part, except those that the last part needs.

    Raises CannotCut.
    """
    last = parts[-1]
    needed: set[Key] = set()
    for dependency in last.needed:
        found = history.migration(history.resolve(dependency) or ("", ""))
        needed |= {each.key for each in (found, *history.before(found))} if found else set()
    for each in history.mentioning(squashed.name):
        for dependency in each.dependencies:
            if dependency.key != squashed.key or each.key in needed:
                continue
            if not history.is_new(each):
                raise CannotCut(f"{PurePath(each.path).name} of {each.app} depends on {squashed.name} and is deployed")
            code = dependency_code((squashed.app, last.name), each.source)
            yield Replace(each.path, ("dependencies", dependency.index), code)
