"""The permissions of a model whose codenames end with its name."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.history.model import Model, items_of
from migfix.source.migration import Literal, Sequence, Value

_DEFAULT = ("add", "change", "delete", "view")
"""Django's default_permissions."""


def actions(model: Model, after: Model | None, old: str, new: str) -> list[str]:
    """``add``, ``change``, and those of the model's own permissions that have the new name afterwards."""
    default = model.options.get("default_permissions")
    found = list(_texts(default)) if isinstance(default, Sequence) else list(_DEFAULT)
    own = set(_codenames(model))
    for codename in _codenames(after) if after else ():
        action = codename.removesuffix(f"_{new.lower()}")
        if action != codename and f"{action}_{old.lower()}" in own:
            found.append(action)
    return list(dict.fromkeys(found))


def _texts(value: Value) -> Iterator[str]:
    for each in items_of(value):
        if isinstance(each, Literal) and isinstance(each.value, str):
            yield each.value


def _codenames(model: Model) -> Iterator[str]:
    for each in items_of(model.options.get("permissions")):
        first = each.items[0] if isinstance(each, Sequence) and each.items else None
        if isinstance(first, Literal) and isinstance(first.value, str):
            yield first.value
