"""Compares the models that migrations describe before and after a change. They are read from source and never run."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from functools import lru_cache
from operator import itemgetter

from migfix.history import History
from migfix.history.fields import Field
from migfix.history.model import Model
from migfix.history.model_differences import state_differences
from migfix.history.state import State
from migfix.project.facts import Facts
from migfix.source.migration import Argument, Call, Dependency, Key, Literal, Migration, Value


def differences(before: History, after: History, apps: Iterable[str]) -> list[str]:
    """What differs between the end states of ``apps``, one line for each difference; empty if they are the same.

    Differences that Django's autodetector ignores don't count: the order of fields, indexes and constraints.
    """
    apps = sorted(set(apps))
    old, new = end_state(before, apps), end_state(after, apps)
    found = state_differences(old, new, apps)
    if found and any(each.replaces for app in apps for each in before.active(app)):
        # squashmigrations can keep a default or a name that the replaced migrations don't end with
        old = end_state(_unsquashed(before, apps), apps)
        found = state_differences(old, new, apps) and found
    if not found and (ordered := ordered_state(after, apps)) is not None:
        was = ordered_state(before, apps)
        usual = state_differences(old, was, apps) if was else []  # renames in other apps only show in this order
        found = [each for each in state_differences(new, ordered, apps) if each not in usual]
        known = {*old.missing, *(was.missing if was else ())}
        found += [f"{name} is used before it exists" for name in ordered.missing if name not in known]
    for app in apps:
        if len(after.leaves(app)) > max(1, len(before.leaves(app))):
            found.append(f"{app} would have two leaves")
    return found


@lru_cache(maxsize=64)  # asked for each squashed migration of an app
def squash_differences(history: History, app: str) -> tuple[str, ...]:
    """Differences between the tables of the squashed migrations of ``app`` and those of the files they replace.

    One line for each difference; empty if a replaced file is missing. What isn't part of a table is ignored: defaults,
    labels, choices, and the class of a field that Django doesn't ship.
    """
    squashed = [each for each in history.active(app) if each.replaces]
    if not squashed or not all(history.migration(key) for each in squashed for key in each.replaces):
        return ()
    chain, squash = (end_state(each, [app]) for each in (_unsquashed(history, [app]), history))
    return tuple(table_differences(chain, squash, app))


def table_differences(old: State, new: State, app: str) -> list[str]:
    """What differs between the tables of an app in two states, one line for each difference."""
    before, after = State(old.facts), State(new.facts)
    for made, state, other in ((before, old, new), (after, new, old)):
        for key, model in state.models.items():
            if key[0] == app:
                made.models[key] = _as_table(model, other.models.get(key), old.facts)
    return state_differences(before, after, [app])


_IN_TABLES = ("db_table", "managed", "proxy", "unique_together", "index_together", "indexes", "constraints")
_IN_COLUMNS = frozenset(
    (
        *("null", "unique", "primary_key", "max_length", "max_digits", "decimal_places", "to", "through", "to_field"),
        *("db_column", "db_index", "db_collation", "db_constraint", "db_table", "base_field", "size", "srid"),
    )
)


def _as_table(model: Model, other: Model | None, facts: Facts) -> Model:
    """The model reduced to what its table has."""
    fields = {
        name: _as_column(_with_target(each, model, facts), other.fields.get(name) if other else None)
        for name, each in model.fields.items()
    }
    options = {name: value for name, value in model.options.items() if name in _IN_TABLES}
    parents = tuple(base for base in model.bases if isinstance(base, Literal))
    return replace(model, fields=fields, options=options, bases=parents, managers=None)


def _with_target(field: Field, model: Model, facts: Facts) -> Field:
    """The field with its target as a label, however it is written: ``"Post"``, ``settings.AUTH_USER_MODEL``."""
    key = field.target(*model.key, facts)
    if key is None or not isinstance(field.value, Call):
        return field
    others = [each for each in field.value.arguments if each.keyword not in (None, "to")]
    return Field(field.name, replace(field.value, arguments=(Argument("to", Literal(".".join(key))), *others)))


def _as_column(field: Field, other: Field | None) -> Field:
    if not isinstance(field.value, Call):
        return Field(field.name, Literal(None))
    is_foreign = "." in field.kind or (other is not None and "." in other.kind)
    func = "" if is_foreign else field.value.func
    named_arguments = ((each.keyword or str(place), each.value) for place, each in enumerate(field.value.arguments))
    kept = [(name, value) for name, value in named_arguments if name in _IN_COLUMNS and value != Literal(False)]
    kept.sort(key=itemgetter(0))
    return Field(field.name, Call(func, tuple(Argument(name, _in_lower_case(value)) for name, value in kept)))


def _in_lower_case(value: Value) -> Value:
    return Literal(value.value.lower()) if isinstance(value, Literal) and isinstance(value.value, str) else value


def _unsquashed(history: History, apps: list[str]) -> History:
    """The history in which replaced files count instead of their squashed migration, if all of them exist."""
    squashed = [each for app in apps for each in history.active(app) if each.replaces]
    whole = [each for each in squashed if all(history.migration(key) for key in each.replaces)]
    return history.with_migrations(map(_after_its_chain, whole))


def _after_its_chain(squashed: Migration) -> Migration:
    """The squashed migration without operations, placed after the files it replaces, and before what depends on it."""
    start = len(squashed.dependencies)
    chain = (Dependency(key, None, start + i, 1) for i, key in enumerate(squashed.replaces))
    return replace(squashed, replaces=(), operations=(), dependencies=(*squashed.dependencies, *chain))


def end_state(history: History, apps: Iterable[str]) -> State:
    """The models of ``apps`` after all their migrations, replayed app by app with lazy references.

    This order exists even if the apps depend on each other in a cycle. The state must not be changed.
    """
    return _end_state(history, tuple(apps))


@lru_cache(maxsize=8)  # many files are compared with the same history
def _end_state(history: History, apps: tuple[str, ...]) -> State:
    state = State(history.facts)
    for app in apps:
        for migration in in_own_order(history, app):
            state.replay(migration, migration.operations)
            waiting, state.dropped = state.dropped, []
            for _, op in waiting:  # operations before the CreateModel of their model
                state.replay(migration, [op])
    for old, label in {each.old: each.label for each in state.renames}.items():
        if old not in state.models:
            state.repoint(old, label, state.models.apps)
    return state


def ordered_state(history: History, apps: list[str]) -> State | None:
    """The same, in the order that Django runs; None if a cycle makes that impossible."""
    return history.state_at_end(each.key for app in apps for each in history.active(app))


def in_own_order(history: History, app: str) -> list[Migration]:
    """The migrations of an app, parents first. Only dependencies within the app count."""
    waiting = {each.key: each for each in sorted(history.active(app), key=lambda each: each.name)}
    parents = {key: {*history.own_parents(each)} & waiting.keys() - {key} for key, each in waiting.items()}
    children: dict[Key, list[Key]] = {key: [] for key in waiting}
    for key, each in parents.items():
        for parent in each:
            children[parent].append(key)
    done: list[Migration] = []
    ready = [key for key in waiting if not parents[key]]
    while waiting:
        ready = ready or list(waiting)[:1]  # a cycle
        done += [waiting.pop(key) for key in ready]
        following = dict.fromkeys(child for key in ready for child in children[key])
        for key in ready:
            for child in children[key]:
                parents[child].discard(key)
        ready = sorted(key for key in following if key in waiting and not parents[key])
    return done
