"""Whether migrations describe the same models before and after: read from source, nothing is run."""

from __future__ import annotations

import re
from collections.abc import Iterable

from migfix.history import History
from migfix.history.fields import together
from migfix.history.state import Model, State, items_of
from migfix.model import Key, Literal, Migration, Value


def differences(before: History, after: History, apps: Iterable[str]) -> list[str]:
    """What differs between the end states of ``apps``, a line each; empty if they are the same.

    Same in the sense of Django's autodetector: the order of fields, indexes and constraints doesn't count.
    """
    apps = sorted(set(apps))
    old, new = end_state(before, apps), end_state(after, apps)
    found = _compare(old, new, apps)
    if not found and (ordered := ordered_state(after, apps)) is not None:
        found = _compare(new, ordered, apps)
        found += [f"{name} is used before it is there" for name in ordered.missing if name not in old.missing]
    for app in apps:
        if len(after.leaves(app)) > max(1, len(before.leaves(app))):
            found.append(f"{app} would have two leaves")
    return found


def end_state(history: History, apps: list[str]) -> State:
    """The models of ``apps`` after all their migrations, each app in its own order with lazy references.

    That is the order that exists also where apps depend on each other in a circle.
    """
    state = State(history.facts)
    for app in apps:
        for migration in in_own_order(history, app):
            state.replay(migration, migration.operations)
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


def _compare(old: State, new: State, apps: list[str]) -> list[str]:
    found = []
    for key in sorted({*old.models, *new.models}):
        if key[0] not in apps:
            continue
        before, after = old.models.get(key), new.models.get(key)
        if before and after:
            found += _model_differences(before, after)
        else:
            found.append(f"{'.'.join(key)} is {'gone' if after is None else 'new'}")
    if _opaque(old, apps) != _opaque(new, apps):
        found.append("an operation that migfix can't read is in another place")
    return found


def _model_differences(before: Model, after: Model) -> list[str]:
    found = []
    for name in sorted({*before.fields, *after.fields}):
        old, new = before.fields.get(name), after.fields.get(name)
        if old != new:
            found.append(
                f"{before.label}.{name} {'is gone' if new is None else 'is new' if old is None else 'has changed'}"
            )
    old_options, new_options = normal_options(before), normal_options(after)
    for name in sorted({*old_options, *new_options}):
        if old_options.get(name) != new_options.get(name):
            found.append(f"{name} of {before.label} has changed")
    if before.name != after.name or before.bases != after.bases:
        found.append(f"the bases or the name of {before.label} have changed")
    if items_of(before.managers) != items_of(after.managers):
        found.append(f"the managers of {before.label} have changed")
    return found


def normal_options(model: Model) -> dict[str, object]:
    """Options without what means nothing: order of indexes, empty sets, ``db_table=None``."""
    found: dict[str, object] = {}
    for name, value in model.options.items():
        normal: object = value
        if name in ("unique_together", "index_together"):
            normal = together(value)
        elif name in ("indexes", "constraints"):
            normal = frozenset(map(_text, items_of(value)))
        if normal not in (frozenset(), Literal(None)):
            found[name] = normal
    return found


def _text(value: Value) -> str:
    """A value as text, wherever it stands."""
    return re.sub(r", span=\([^)]*\)", "", repr(value))


def _opaque(state: State, apps: list[str]) -> list[tuple[str, str]]:
    return [(key[0], _text(op.value)) for key, op in state.opaque if key[0] in apps]
