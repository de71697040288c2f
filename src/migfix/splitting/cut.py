"""Which dependencies of a cycle to drop: the choice that moves the fewest foreign keys."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from migfix.history import History
from migfix.history.cycles import reachable, strongly_connected
from migfix.source.migration import Key, Migration
from migfix.splitting.leaving_fields import CannotLeave, Leaving, leaving

MOST_EDGES = 12
"""Up to this many dependencies all choices are tried. In larger cycles, choices of at most three are."""

Edge = tuple[Key, Key]


@dataclass(frozen=True)
class Cut:
    """Dependencies to drop, and what moves out of each migration that loses one."""

    edges: frozenset[Edge]
    lowered: dict[Edge, Key]
    """Dropped dependency -> the earlier migration of the same app that can replace it."""
    leavings: dict[Key, Leaving]

    @property
    def cost(self) -> tuple[int, ...]:
        """The number of moved keys, required keys, fields of a CreateModel, files, and other operations."""
        keys, required, fields, others = (sum(each.cost[i] for each in self.leavings.values()) for i in range(4))
        return keys, required, fields, len(self.leavings), others


class NoCut(Exception):
    """Why no choice of dependencies breaks the cycle."""


def find_cuts(ring: frozenset[Key], history: History) -> list[Cut]:
    """The cuts that leave no cycle, cheapest first. Raises NoCut."""
    edges = sorted(_edges(ring, history))
    parents = {key: _parents(history, key) for key in reachable(history, ring)}
    for key in parents:
        if (migration := history.migration(key)) and migration.unread:
            raise NoCut(f"{'.'.join(key)} can't be read: {migration.unread[1]}")
    found: list[Cut] = []
    reasons: list[str] = []
    for chosen in _choices(edges):
        left = {key: tuple(each for each in above if (key, each) not in chosen) for key, above in parents.items()}
        if any(group & ring for group in strongly_connected(left)):
            continue
        try:
            found.append(_cut(chosen, _lowered(chosen, left, history), left, history))
        except CannotLeave as reason:
            reasons.append(str(reason))
    if not found:
        too_many = f"it has {len(edges)} dependencies between apps, more than migfix can try all choices of"
        deployed = "the files that would have to change are deployed"
        raise NoCut("; ".join(dict.fromkeys(reasons)) or (too_many if len(edges) > MOST_EDGES else deployed))
    return sorted(found, key=lambda cut: cut.cost)


def _choices(edges: list[Edge]) -> Iterator[frozenset[Edge]]:
    most = len(edges) if len(edges) <= MOST_EDGES else 3
    for count in range(1, most + 1):
        yield from map(frozenset, combinations(edges, count))


def _edges(ring: frozenset[Key], history: History) -> Iterator[Edge]:
    """The dependencies in the cycle that may be dropped: on another app, in a file that isn't squashed or deployed."""
    for key in ring:
        migration = history.migration(key)
        if migration is None or migration.replaces or not history.is_new(migration):
            continue
        for dependency in migration.dependencies:
            target = history.resolve(dependency)
            if target and target in ring and target[0] != key[0]:
                yield key, history.replaced_by(target)


def _lowered(chosen: frozenset[Edge], parents: dict[Key, tuple[Key, ...]], history: History) -> dict[Edge, Key]:
    """Dropped dependency -> the nearest earlier migration of that app that doesn't depend on the file that drops it."""
    found = {}
    for key, target in sorted(chosen):
        waiting = [each for each in parents.get(target, ()) if each[0] == target[0]]
        while waiting:
            lower = waiting.pop(0)
            if key not in _ancestors(lower, parents):
                found[key, target] = lower
                break
            waiting += [each for each in parents.get(lower, ()) if each[0] == target[0]]
    return found


def _cut(
    chosen: frozenset[Edge], lowered: dict[Edge, Key], cut_parents: dict[Key, tuple[Key, ...]], history: History
) -> Cut:
    leavings = {}
    parents = {
        key: (*above, *(lower for (source, _), lower in lowered.items() if source == key))
        for key, above in cut_parents.items()
    }
    for key in sorted({key for key, _ in chosen}):
        migration = history.migration(key)
        assert migration is not None
        apps = frozenset(target[0] for source, target in chosen if source == key)
        leavings[key] = leaving(migration, _lost(key, parents, history), apps, history)
    moving = [key[0] for key, left in leavings.items() if not left.is_empty]
    if len(moving) > len(set(moving)):
        raise CannotLeave("two migrations of one app would each need a follow-up")
    return Cut(chosen, lowered, leavings)


def _lost(key: Key, parents: dict[Key, tuple[Key, ...]], history: History) -> frozenset[Key]:
    """The models that ``key`` can use before the cut but not after it."""
    kept = _ancestors(key, parents)
    return frozenset(
        model
        for each in parents
        if each not in kept and each[0] != key[0]
        for model in _models_of(history.migration(each))
    )


def _ancestors(key: Key, parents: dict[Key, tuple[Key, ...]]) -> set[Key]:
    seen = {key}
    waiting = [key]
    while waiting:
        for parent in parents.get(waiting.pop(), ()):
            if parent not in seen:
                seen.add(parent)
                waiting.append(parent)
    return seen


def _models_of(migration: Migration | None) -> Iterator[Key]:
    """The models that a migration creates or renames; renamed ones under their new name."""
    if migration is None:
        return
    for op in (each for top in migration.operations for each in (top, *top.inner)):
        if op.kind == "CreateModel":
            yield migration.app, op.model
        elif op.kind == "RenameModel":
            yield migration.app, op.text("new_name").lower()


def _parents(history: History, key: Key) -> tuple[Key, ...]:
    migration = history.migration(key)
    return history.parents(migration) if migration else ()
