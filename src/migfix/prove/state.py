"""Whether migrations describe the same models before and after: read from source, nothing is run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from migfix.history import History
from migfix.history.fields import Field
from migfix.history.same import state_differences
from migfix.history.state import Model, State
from migfix.model import Call, Key, Migration
from migfix.source.code import with_arguments


def differences(before: History, after: History, apps: Iterable[str]) -> list[str]:
    """What differs between the end states of ``apps``, a line each; empty if they are the same.

    Same in the sense of Django's autodetector: the order of fields, indexes and constraints doesn't count.
    """
    apps = sorted(set(apps))
    old, new = end_state(before, apps), end_state(after, apps)
    found = state_differences(old, new, apps)
    if found and any(each.replaces for app in apps for each in before.active(app)):
        # squashmigrations can leave a default or a name behind that the chain doesn't have
        old = end_state(_unsquashed(before, apps), apps)
        found = state_differences(old, new, apps) and found
    if not found and (ordered := ordered_state(after, apps)) is not None:
        was = ordered_state(before, apps)
        usual = state_differences(old, was, apps) if was else []  # what other apps rename is seen in that order only
        found = [each for each in state_differences(new, ordered, apps) if each not in usual]
        found += [f"{name} is used before it is there" for name in ordered.missing if name not in old.missing]
    for app in apps:
        if len(after.leaves(app)) > max(1, len(before.leaves(app))):
            found.append(f"{app} would have two leaves")
    return found


def squash_differences(history: History, app: str) -> list[str]:
    """What the squashed migrations of ``app`` end in otherwise than the files they replace, a line each.

    Nothing is said of an app whose replaced files are not all there. Defaults don't count: squashmigrations leaves
    some behind, and no column has them.
    """
    squashed = [each for each in history.active(app) if each.replaces]
    if not squashed or not all(history.migration(key) for each in squashed for key in each.replaces):
        return []
    chain, squash = (end_state(each, [app]) for each in (_unsquashed(history, [app]), history))
    for state in (chain, squash):
        state.models = {key: replace(each, fields=_without_defaults(each)) for key, each in state.models.items()}
        state.opaque = []
    return state_differences(chain, squash, [app])


def _without_defaults(model: Model) -> dict[str, Field]:
    return {
        name: Field(name, with_arguments(each.value, default=None) if isinstance(each.value, Call) else each.value)
        for name, each in model.fields.items()
    }


def _unsquashed(history: History, apps: list[str]) -> History:
    """The history in which the files that a squashed migration replaces count, where they are all there."""
    squashed = [each for app in apps for each in history.active(app) if each.replaces]
    whole = [each for each in squashed if all(history.migration(key) for key in each.replaces)]
    return history.with_migrations(replace(each, replaces=(), operations=()) for each in whole)


def end_state(history: History, apps: list[str]) -> State:
    """The models of ``apps`` after all their migrations, each app in its own order with lazy references.

    That is the order that exists also where apps depend on each other in a circle.
    """
    state = State(history.facts)
    for app in apps:
        for migration in in_own_order(history, app):
            state.replay(migration, migration.operations)
            waiting, state.dropped = state.dropped, []
            for _, op in waiting:  # what stands before its own CreateModel
                state.replay(migration, [op])
    for old, label in list(state.renamed.items()):
        if old not in state.models:
            state.repoint(old, label)
    return state


def ordered_state(history: History, apps: list[str]) -> State | None:
    """The same in the one order that runs on a database; None if a circle leaves no such order."""
    from migfix.history.graph import rings

    if rings(history, [each for app in apps for each in history.active(app)]):
        return None
    state = State(history.facts)
    seen: set[Key] = set()
    for app in apps:
        for leaf in history.active(app):
            for migration in (*history.before(leaf), leaf):
                if migration.key not in seen:
                    seen.add(migration.key)
                    state.replay(migration, migration.operations)
    return state


def in_own_order(history: History, app: str) -> list[Migration]:
    """The migrations of an app, parents first, by their dependencies on each other."""
    waiting = {each.key: each for each in sorted(history.active(app), key=lambda each: each.name)}
    done: list[Migration] = []
    while waiting:
        ready = [
            each
            for each in waiting.values()
            if not any(key in waiting for key in history.own_parents(each) if key != each.key)
        ]
        for each in ready or list(waiting.values())[:1]:
            done.append(waiting.pop(each.key))
    return done
