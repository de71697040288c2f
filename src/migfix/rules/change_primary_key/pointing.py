"""The keys and links that point at a model."""

from __future__ import annotations

from migfix.changes.compared import compared_by
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
    return tuple(
        (model, field)
        for model in state.models.values()
        for field in model.fields.values()
        if model.has_own_table and _has_keys(model, field, target, history)
    )


def _has_keys(model: Model, field: Field, target: Model, history: History) -> bool:
    is_to = field.target(*model.key, history.facts) == target.key and not field.get("to_field")
    return is_to or (model.key == target.key and field.kind == "ManyToManyField")


def pointing_from_elsewhere(target: Model, history: History) -> Pointing:
    """The relations from other apps, also from migrations that run after this one or that it doesn't depend on."""
    return tuple(
        (model, field)
        for model in _at_end(history)
        for field in model.fields.values()
        if model.app != target.app and model.has_own_table and _has_keys(model, field, target, history)
    )


def _at_end(history: History) -> list[Model]:
    """Every model after all migrations of the project; none if a cycle prevents an order."""
    state = history.state_at_end(leaf for app in history.labels for leaf in history.leaves(app))
    return list(state.models.values()) if state else []


def demand_movable(target: Model, pointing: Pointing, migration: Migration, history: History) -> None:
    """Raises CannotWrite if a relation can't follow in this file, also one that the file doesn't depend on."""
    for model, field in (*pointing, *pointing_from_elsewhere(target, history)):
        if model.app != migration.app:
            raise CannotWrite(f"{model.label}.{field.name} of another app points at it")
        if field.is_true("primary_key") or field.is_parent_link:
            raise CannotWrite(f"{model.label}.{field.name}, a primary key, points at it")
        if "." in field.kind:
            raise CannotWrite(f"{model.label}.{field.name} is a {field.kind}")
        if field.kind == "ManyToManyField" and not _was_there(model, field, migration, history):
            raise CannotWrite(f"{model.label}.{field.name}, a many-to-many field that this file adds, has its keys")
        _demand_uncompared(model, field.name)
    key = target.primary_key
    _demand_uncompared(target, key.name if key else "id", "pk")
    for model in _at_end(history):
        if target.key in model.parents(history.facts):
            raise CannotWrite(f"{model.label} inherits from it")


def _was_there(model: Model, field: Field, migration: Migration, history: History) -> bool:
    before = history.state_before(migration).models.get(model.key)
    return before is not None and field.name in before.fields


def _demand_uncompared(model: Model, *names: str) -> None:
    """Raises CannotWrite if a constraint or an index compares the field, whose type changes on the way."""
    if compared := compared_by(model, *names):
        raise CannotWrite(f"{compared} of {model.label} compares it")
