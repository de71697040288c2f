"""Constraints and indexes that compare the values of a field, and may not be able to once its type changes."""

from __future__ import annotations

from migfix.history.fields import strings_in
from migfix.history.model import Model, items_of
from migfix.source.migration import Call, Literal

_CONDITIONS = ("check", "condition", None)
"""The arguments of a constraint or an index that compare values, and its expressions."""


def compared_by(model: Model, *names: str) -> str:
    """What compares one of the fields: ``the constraint differ``, ``an index``; "" if nothing does."""
    wanted = {*names, *(f"{name}_id" for name in names)}
    for option in ("constraints", "indexes"):
        for each in items_of(model.options.get(option)):
            arguments = each.arguments if isinstance(each, Call) else ()
            compared = [argument.value for argument in arguments if argument.keyword in _CONDITIONS]
            if wanted.isdisjoint(text.split("__")[0] for value in compared for text in strings_in(value)):
                continue
            name = each.keyword("name") if isinstance(each, Call) else None
            kind = "constraint" if option == "constraints" else "index"
            known = f"the {kind} {name.value}" if isinstance(name, Literal) else ""
            return known or ("a constraint" if kind == "constraint" else "an index")
    return ""
