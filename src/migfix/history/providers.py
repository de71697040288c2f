"""Finds the migrations of an app after which given models exist."""

from __future__ import annotations

from migfix.history import History
from migfix.source.migration import Key


def providers(app: str, models: frozenset[Key], history: History) -> dict[Key, list[str]]:
    """The migrations of ``app`` after which all ``models`` exist, newest first, with the labels of the models."""
    found: dict[Key, list[str]] = {}
    for leaf in history.leaves(app):
        last = history.migration(leaf)
        for each in [*history.before(last), last] if last else []:
            there = history.state_after(each).models if each.app == app else {}
            if models <= there.keys():
                found[each.key] = [there[key].label for key in sorted(models)]
    return dict(reversed(found.items()))
