"""A missing dependency that would close a cycle: the key that needs it moves to a follow-up instead."""

from __future__ import annotations

from dataclasses import replace

from migfix.history import History
from migfix.history.cycles import rings
from migfix.history.dependencies import dependency_edit
from migfix.source.edits import Edit, Remove, Replace
from migfix.source.migration import Dependency, Key, Migration
from migfix.splitting.cut import NoCut, find_cuts
from migfix.splitting.split import split_cheapest


def opened(migration: Migration, key: Key, history: History) -> list[Edit]:
    """The edits that make ``migration``, or its follow-up, depend on ``key``, which runs after ``migration``.

    Raises NoCut and CannotLeave.
    """
    added = Dependency(key, None, len(migration.dependencies), 1, f'("{key[0]}", "{key[1]}")')
    closed = replace(migration, dependencies=(*migration.dependencies, added))
    changed = history.with_migrations([closed])
    ring = next((ring for ring in rings(changed, [closed]) if closed.key in ring), None)
    if ring is None:
        raise NoCut(f"{'.'.join(key)} runs after it because of `run_before` or a squashed migration")
    cut, edits = split_cheapest(find_cuts(ring, changed), changed)
    place = migration.path, ("dependencies", added.index)
    kept = [each for each in edits if not (isinstance(each, Remove | Replace) and (each.path, each.where) == place)]
    is_cut = (migration.key, history.replaced_by(key)) in cut.edges
    return kept if is_cut else [dependency_edit(migration, key), *kept]
