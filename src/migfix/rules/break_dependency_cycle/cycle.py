"""How a cycle is broken: a squashed migration is cut into parts, or the fewest keys move to a follow-up."""

from __future__ import annotations

from dataclasses import dataclass

from migfix.history import History
from migfix.rules.break_dependency_cycle.parts import part_edits
from migfix.rules.break_dependency_cycle.ranges import CannotCut, Part, cuts
from migfix.source.edits import Edit
from migfix.source.migration import Key, Migration
from migfix.splitting.cut import Cut, NoCut, find_cuts
from migfix.splitting.leaving_fields import CannotLeave, Leaving
from migfix.splitting.split import split_cheapest


@dataclass(frozen=True)
class Opening:
    """The first file that changes, a short description, and the edits."""

    first: Key
    wrote: str
    edits: tuple[Edit, ...]


class CannotOpen(Exception):
    """Why migfix can't break a cycle."""


def opening(ring: frozenset[Key], history: History) -> Opening:
    """The edits that break the cycle ``ring``. Raises CannotOpen."""
    reasons = []
    for way in (_squashed_in_parts, _keys_moved):
        try:
            found = way(ring, history)
        except (CannotCut, NoCut, CannotLeave) as reason:
            reasons.append(str(reason))
        else:
            if found:
                return found
    raise CannotOpen(reasons[0])


def _squashed_in_parts(ring: frozenset[Key], history: History) -> Opening | None:
    found = cuts(ring, history)
    edits = [edit for squashed, parts in found.items() for edit in part_edits(squashed, parts, history)]
    wrote = "; ".join(_sentences(squashed, parts) for squashed, parts in found.items())
    return Opening(min(each.key for each in found), f"{wrote}.", tuple(edits)) if found else None


def _sentences(squashed: Migration, parts: tuple[Part, ...]) -> str:
    sentences = []
    for part in parts:
        names = [each.name for each in part.replaced]
        sentences.append(f"{part.name} replaces {names[0]}" + (f" to {names[-1]}" if len(names) > 1 else ""))
    return f"in {squashed.app}, " + ", ".join(sentences)


def _keys_moved(ring: frozenset[Key], history: History) -> Opening:
    cut, edits = split_cheapest(find_cuts(ring, history), history)
    wrote = "; ".join(_moved(key, left, cut) for key, left in cut.leavings.items())
    return Opening(min(cut.leavings), f"{wrote}.", tuple(edits))


def _moved(key: Key, left: Leaving, cut: Cut) -> str:
    name = ".".join(key)
    lowered = [".".join(lower) for (source, _), lower in cut.lowered.items() if source == key]
    if left.is_empty and lowered:
        return f"{name} depends on {' and '.join(lowered)} instead, which has everything that it needs"
    if left.is_empty:
        return f"{name} drops the dependency, which nothing in it needs"
    keys = "one key" if left.keys == 1 else f"{left.keys} keys"
    return f"{keys} of {name} moved to a follow-up migration that runs after both"
