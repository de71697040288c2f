"""Compares models as the autodetector does: order, and options without effect, don't count."""

from __future__ import annotations

import re

from migfix.history.fields import Field, together
from migfix.history.model import Model, items_of
from migfix.history.state import State
from migfix.source.migration import Argument, Call, Literal, Value


def state_differences(old: State, new: State, apps: list[str]) -> list[str]:
    """What differs between the models of ``apps``, one line for each difference."""
    found = []
    for key in sorted({*old.models, *new.models}):
        if key[0] not in apps:
            continue
        before, after = old.models.get(key), new.models.get(key)
        if before and after:
            found += _model_differences(before, after)
        else:
            found.append(f"{'.'.join(key)} is {'missing' if after is None else 'new'}")
    if _opaque(old, apps) != _opaque(new, apps):
        found.append("an operation that migfix can't read is in another place")
    return found


def _model_differences(before: Model, after: Model) -> list[str]:
    found = []
    for name in sorted({*before.fields, *after.fields}):
        old, new = before.fields.get(name), after.fields.get(name)
        if old != new and _normal(old) != _normal(new):
            found.append(
                f"{before.label}.{name} {'is missing' if new is None else 'is new' if old is None else 'has changed'}"
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


def _normal(field: Field | None) -> object:
    """A field whose models are in lower case: Django finds them in any case."""
    if field is None or not isinstance(field.value, Call):
        return field
    return field.value.func, [
        Argument(each.keyword, Literal(each.value.value.lower()))
        if each.keyword in ("to", "through") and isinstance(each.value, Literal) and isinstance(each.value.value, str)
        else each
        for each in field.value.arguments
    ]


def normal_options(model: Model) -> dict[str, object]:
    """The options without differences that have no effect: order of indexes, empty sets, ``db_table=None``."""
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
    """A value as text, without its position in the file."""
    return re.sub(r", span=\([^)]*\)", "", repr(value))


def _opaque(state: State, apps: list[str]) -> list[tuple[str, str]]:
    return [(key[0], _text(op.value)) for key, op in state.opaque if key[0] in apps]
