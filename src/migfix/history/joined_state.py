"""The models after several migrations that don't depend on each other."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from migfix.history.models import AppModels, Models
from migfix.history.state import Rename, State
from migfix.project.facts import Facts
from migfix.source.migration import Migration


class Part(NamedTuple):
    """One of several parents: the set of it and its ancestors, and the models after it."""

    line: int
    end: State


def joined(
    parts: Sequence[Part],
    members: Mapping[str, int],
    missing: Callable[[str, int], list[Migration]],
    facts: Facts,
) -> State:
    """The models after all ``parts``. It is the state of the part itself if there is only one.

    ``members`` has the set of each app's migrations. ``missing`` returns the migrations of an app that aren't in a set.
    """
    if len(parts) == 1:
        return parts[0].end
    state = State(facts)
    apps: dict[str, AppModels] = {}
    state.renames = tuple(dict.fromkeys(each for part in parts for each in part.end.renames))
    state.opaque = list(dict.fromkeys(each for part in parts for each in part.end.opaque))
    state.dropped = list(dict.fromkeys(each for part in parts for each in part.end.dropped))
    state.missing = list(dict.fromkeys(each for part in parts for each in part.end.missing))
    followed: dict[str, tuple[Rename, ...] | None] = {}
    """App label -> the renames that the relations of its models have followed; None if each model's are different."""
    for app in dict.fromkeys(app for part in parts for app in part.end.models.apps):
        newest = max(parts, key=lambda part: (part.line & members[app]).bit_count())
        apps[app], followed[app] = newest.end.models.apps.get(app, AppModels()), newest.end.renames
        if any(part.line & members[app] & ~newest.line for part in parts):
            apps[app] = _replayed(app, apps[app], missing(app, newest.line), facts)
            followed[app] = None
    state.models = Models(apps)
    for app, renames in followed.items():
        if renames is not None and len(renames) == len(state.renames):
            continue
        known = set(renames or ())
        for each in state.renames:
            if each.old not in state.models if renames is None else each not in known:
                state.repoint(each.old, each.label, [app])
    return state


def _replayed(app: str, models: AppModels, migrations: list[Migration], facts: Facts) -> AppModels:
    """The models of an app after more of its migrations."""
    state = State(facts)
    state.models = Models({app: models})
    for each in migrations:
        state.replay(each, each.operations)
    return state.models.apps.get(app, AppModels())
