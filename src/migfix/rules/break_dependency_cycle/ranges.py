"""A squashed migration in a cycle: the migrations that it replaces, cut into ranges that can be put in an order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import PurePath

from migfix.history import History
from migfix.history.cycles import rings
from migfix.source.formatting import free_name
from migfix.source.migration import Dependency, Key, Migration


class CannotCut(Exception):
    """Why a squashed migration can't be cut into parts."""


@dataclass(frozen=True)
class Part:
    """A squashed migration that replaces one range of migrations."""

    path: str
    name: str
    replaced: tuple[Migration, ...]
    needed: tuple[Dependency, ...]
    """What the range depends on, apart from the replaced migrations."""

    def migration(self, squashed: Migration, before: Part | None) -> Migration:
        """The part as a node of the graph, without its operations."""
        own = [Dependency((squashed.app, before.name), None, 0, 1)] if before else []
        return replace(
            squashed,
            path=self.path,
            name=self.name,
            replaces=tuple(each.key for each in self.replaced),
            dependencies=(*own, *self.needed),
            operations=(),
        )


def cuts(ring: frozenset[Key], history: History) -> dict[Migration, tuple[Part, ...]]:
    """The squashed migrations of a cycle to cut, with their parts: as few as break it; empty if the cycle has none.

    Raises CannotCut.
    """
    found = [each for key in sorted(ring) if (each := history.migration(key)) and each.replaces]
    squashed = [each for each in found if history.is_new(each)]
    reasons = [f"{'.'.join(each.key)} is deployed" for each in found if each not in squashed]
    alone: list[dict[Migration, tuple[Part, ...]]] = []
    for chosen in [*([each] for each in squashed), *([squashed] if len(squashed) > 1 else [])]:
        if alone and len(chosen) > 1:
            break
        try:
            alone.append(_cut(chosen, history))
        except CannotCut as reason:
            reasons.append(str(reason))
    if not alone and found:
        raise CannotCut("; ".join(dict.fromkeys(reasons)))
    return min(alone, key=lambda cut: sum(map(len, cut.values())), default={})


def _cut(squashed: list[Migration], history: History) -> dict[Migration, tuple[Part, ...]]:
    """Cut all of ``squashed`` into parts, one after another. Raises CannotCut if a cycle remains."""
    chains = {each: _chain(each, history) for each in squashed}
    history = history.with_migrations([replace(each, replaces=(), dependencies=()) for each in squashed])
    found: dict[Migration, tuple[Part, ...]] = {}
    for each, chain in chains.items():
        found[each] = tuple(_parts(each, list(_ranges(chain, history)), history))
        history = history.with_migrations(_as_migrations(each, found[each]))
    made = [part for each, parts in found.items() for part in _as_migrations(each, parts)]
    names = {each.key for each in made}
    if any(ring & names for ring in rings(history, made)) or all(len(parts) == 1 for parts in found.values()):
        named = " and ".join(".".join(each.key) for each in squashed)
        raise CannotCut(f"the migrations that {named} replaces can't be cut into consecutive ranges")
    return found


def _as_migrations(squashed: Migration, parts: tuple[Part, ...]) -> list[Migration]:
    return [part.migration(squashed, before) for before, part in zip((None, *parts), parts, strict=False)]


def _chain(squashed: Migration, history: History) -> tuple[Migration, ...]:
    """The replaced migrations in their order. Raises CannotCut if one is missing or can't be read."""
    found = []
    for key in squashed.replaces:
        migration = history.migration(key)
        if migration is None:
            raise CannotCut(f"the file of {'.'.join(key)}, which {squashed.name} replaces, is missing")
        if migration.replaces or migration.unread or key[0] != squashed.app:
            raise CannotCut(f"{'.'.join(key)}, which {squashed.name} replaces, isn't a plain migration of its app")
        found.append(migration)
    return tuple(found)


def _ranges(chain: tuple[Migration, ...], history: History) -> Iterator[tuple[Migration, ...]]:
    """Cut before each migration that needs a migration outside ``chain`` which in turn needs the range so far."""
    keys = {each.key for each in chain}
    current: list[Migration] = []
    for migration in chain:
        so_far = {each.key for each in current}
        outside = [each for each in history.before(migration) if each.key not in keys]
        if any(before.key in so_far for each in outside for before in history.before(each)):
            yield tuple(current)
            current = []
        current.append(migration)
    yield tuple(current)


def _parts(squashed: Migration, ranges: list[tuple[Migration, ...]], history: History) -> Iterator[Part]:
    """The first part stays in the file; the others are named as squashmigrations would name them."""
    chain = {each.key for each_range in ranges for each in each_range}
    taken = set(history.app(squashed.app))
    for number, replaced in enumerate(ranges):
        needed: dict[tuple[Key | None, str | None], Dependency] = {}
        for dependency in (each for migration in replaced for each in migration.dependencies):
            if dependency.key not in chain:
                needed.setdefault((dependency.key, dependency.setting), dependency)
        name = squashed.name
        if number:
            start = re.match(r"\d*", replaced[0].name)
            name = free_name(f"{start[0] if start else ''}_squashed_{replaced[-1].name}".lstrip("_"), taken)
        path = PurePath(squashed.path).with_name(f"{name}.py") if number else squashed.path
        yield Part(str(path), name, replaced, tuple(needed.values()))
