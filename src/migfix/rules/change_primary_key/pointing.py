"""The keys and links that point at a model."""

from __future__ import annotations

from migfix.history import History
from migfix.history.fields import Field
from migfix.history.model import Model
from migfix.history.state import State
from migfix.source.migration import Migration
from migfix.source.writer import CannotWrite

Pointing = tuple[tuple[Model, Field], ...]
"""Each relation to a model, with the model that has it."""


def pointing_at(target: Model, state: State, history: History) -> Pointing:
    """Every relation to the primary key of ``target``, and its own many-to-many fields, whose tables have its key."""
    found = []
    for model in state.models.values():
        for field in model.fields.values():
            is_to = field.target(*model.key, history.facts) == target.key and not field.get("to_field")
            is_own = model.key == target.key and field.kind == "ManyToManyField"
            if (is_to or is_own) and model.has_own_table:
                found.append((model, field))
    return tuple(found)


def demand_movable(target: Model, pointing: Pointing, migration: Migration, state: State, history: History) -> None:
    """Raises CannotWrite if a relation can't follow in this file."""
    for model, field in pointing:
        if model.app != migration.app:
            raise CannotWrite(f"{model.label}.{field.name} of another app points at it")
        if field.is_true("primary_key") or field.is_parent_link:
            raise CannotWrite(f"{model.label}.{field.name}, a primary key, points at it")
        if "." in field.kind:
            raise CannotWrite(f"{model.label}.{field.name} is a {field.kind}")
    children = [each.label for each in state.models.values() if target.key in each.parents(history.facts)]
    children = [label for label in children if label != target.label]
    if children:
        raise CannotWrite(f"{children[0]} inherits from it")
