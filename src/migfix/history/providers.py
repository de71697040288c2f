"""Finds the migrations of an app after which given models exist."""

from __future__ import annotations

from migfix.history import History
from migfix.history.state import State
from migfix.source.migration import Key


def providers(app: str, models: frozenset[Key], history: History) -> dict[Key, list[str]]:
    """The migrations of ``app`` after which all ``models`` exist, newest first, with the labels of the models."""
    found: dict[Key, list[str]] = {}
    for leaf in history.leaves(app):
        last = history.migration(leaf)
        state = State(history.facts)
        for each in [*history.before(last), last] if last else []:
            state.replay(each, each.operations)
            if each.app == app and models <= state.models.keys():
                found[each.key] = [state.models[key].label for key in sorted(models)]
    return dict(reversed(found.items()))
