"""What a function would lack if it used the historical models."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from migfix.history import History
from migfix.history.dependencies import CONTRIB, newest
from migfix.history.model import Model
from migfix.history.state import State
from migfix.rules.use_historical_model.classes import find_class
from migfix.rules.use_historical_model.declared import Lack, lacks, lacks_of_django
from migfix.rules.use_historical_model.models import LiveModel, Unknown
from migfix.rules.use_historical_model.texts import makes_text
from migfix.rules.use_historical_model.uses import DataFunction, Use
from migfix.source.data_functions.lookups import called_functions
from migfix.source.migration import Key, Literal, Migration
from migfix.source.parse import syntax_tree
from migfix.source.text import text_between


@dataclass(frozen=True)
class Historical:
    """The model that a function gets, and the dependency that must be added for it."""

    app: str
    name: str
    needs: Key | None = None


@dataclass(frozen=True)
class Unfit:
    """Why a function can't get the historical model: the end of a sentence, and the next step."""

    why: str
    next_step: str


def replacement(
    migration: Migration, each: DataFunction, use: Use, state: State, history: History
) -> Historical | Unfit:
    """What replaces a use of the live model. ``state`` is the state in which the function runs."""
    name = each.function.name
    if isinstance(use.model, Unknown):
        by_hand = f'Write {use.variable} = apps.get_model("the_label", "{use.model.name}") and the dependency yourself.'
        return Unfit(", and its app isn't in the project", by_hand)
    if each.apps is None:
        by_hand = f"Pass it the registry: def {name}(apps), as RunPython does."
        return Unfit(", and isn't passed apps", by_hand)
    if each.shares_lines:
        by_hand = "Give each statement a line of its own."
        return Unfit(", and a statement that would change shares its line with others", by_hand)
    if use.kind == "registry" and use.place and text_between(migration.source, use.place) == each.apps:
        by_hand = "Remove that import, so that apps is what RunPython passes."
        return Unfit(f", from a registry imported as {each.apps}", by_hand)
    found = historical(migration, each, use.model, use.seen_as, state, history)
    return Unfit(f": {found.reason}", _ways_out(found, name)) if isinstance(found, Lack) else found


def _ways_out(lack: Lack, name: str) -> str:
    if lack.is_late:
        return "Move the RunPython to a migration that comes after it."
    inline = f"rite what it does out in {name}() and get the model from apps"
    if lack.is_manager:
        return f"Give the manager use_in_migrations = True and run makemigrations first, or w{inline}."
    return f"W{inline}: historical models have fields, and nothing else from models.py."


def attributes(nodes: Iterable[ast.FunctionDef], relations: frozenset[str]) -> frozenset[str]:
    """The names that functions read and pass: ``title``, ``Post.objects``, ``title=``, ``str()``.

    ``author__name=`` counts as ``author=`` and ``__name=``.
    """
    found = set()
    for node in nodes:
        for each in ast.walk(node):
            if isinstance(each, ast.Attribute):
                found |= {each.attr, f"{ast.unparse(each.value)}.{each.attr}"}
            elif isinstance(each, ast.keyword) and each.arg:
                own, *further = each.arg.split("__")
                found |= {f"{own}=", *(f"__{part}=" for part in further)}
        if makes_text(node, relations):
            found.add("str()")
    return frozenset(found)


def _relations(state: State) -> frozenset[str]:
    """The names of relations between rows, in either direction."""
    found = set()
    for model in state.models.values():
        for name, each in model.fields.items():
            if each.is_relation:
                related = each.get("related_name")
                found |= {name, model.key[1], *([str(related.value)] if isinstance(related, Literal) else [])}
    return frozenset(found)


def historical(
    migration: Migration, each: DataFunction, live: LiveModel, seen_as: str, state: State, history: History
) -> Historical | Lack:
    """The historical model that replaces ``live``, or the first thing that it would lack."""
    called = called_functions(migration, {each.function.name})
    nodes = (node for other in called for node in syntax_tree(other.code).body if isinstance(node, ast.FunctionDef))
    used = attributes(nodes, _relations(state))
    if live.declared is None and live.app in CONTRIB:
        lack = next(
            _missed(lacks_of_django(f"django.contrib.{live.app}.models.{live.name}", live.name), used, seen_as), None
        )
        return lack or Historical(live.app, live.name, (live.app, CONTRIB[live.app]))
    first = _in_state(live, state, used, seen_as, history)
    if isinstance(first, Historical) or live.app == migration.app:
        return first
    key = newest(migration, live.app, history)
    latest = history.migration(key) if key else None
    if latest is None:
        return first
    later = _in_state(live, history.state_before(latest, len(latest.operations)), used, seen_as, history)
    return Historical(later.app, later.name, latest.key) if isinstance(later, Historical) else later


def _in_state(live: LiveModel, state: State, used: frozenset[str], seen_as: str, history: History) -> Historical | Lack:
    model = state.models.get(live.key)
    if model is None:
        return Lack(frozenset(), "", f"{live.label} isn't in the database yet at this point", is_late=True)
    found = next(_missed(_all_lacks(live, model, state, history), used, seen_as), None)
    return found or Historical(model.app, model.name)


def _all_lacks(live: LiveModel, model: Model, state: State, history: History) -> Iterator[Lack]:
    """What the model lacks, and what the models that its relations lead to lack."""
    assert live.declared is not None
    for lack in lacks(history, live.declared, model):
        back = (f"__{each}" for each in lack.used_as if each.endswith("="))  # through another model
        yield replace(lack, used_as=lack.used_as.union(back))
    targets = {key for field in model.fields.values() if (key := field.target(*model.key, history.facts))}
    for other in state.models.values() if model.fields else ():
        near = next((each.path for each in history.app(other.app).values()), None) if other.key != model.key else None
        found = find_class(history, "..models", other.name, near) if near else None
        for lack in lacks(history, found, other) if found else ():
            # a lookup may go through other models, ``shop__city__mayor=``; a plain ``mayor=`` is the model's own
            lookups = frozenset(f"__{each}" for each in lack.used_as if each.endswith("="))
            named = {each for each in lack.used_as if not each.endswith("=") and each not in model.fields}
            if other.key in targets and not lack.is_manager and lack.used_as:
                yield replace(lack, used_as=lookups | named)
            elif lack.is_late:
                yield replace(lack, used_as=lookups)


def _missed(found: Iterator[Lack], used: frozenset[str], seen_as: str) -> Iterator[Lack]:
    for lack in found:
        if lack.through and f"{seen_as}.{lack.through}" not in used:
            continue
        if not lack.used_as or "" in lack.used_as or lack.used_as & used:
            yield lack
