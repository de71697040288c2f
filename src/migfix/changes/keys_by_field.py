"""Foreign keys that hold the values of a field that isn't the primary key."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.history.fields import Field
from migfix.history.model import Model
from migfix.history.state import State
from migfix.history.uniqueness import is_unique_alone
from migfix.project.facts import Facts
from migfix.source.migration import Key, Literal


def keys_by_field(state: State, target: Key, name: str, facts: Facts) -> Iterator[tuple[Model, Field]]:
    """Each model with a foreign key whose ``to_field`` is the field ``name`` of ``target``, and that key."""
    for model in state.models.values():
        for field in model.fields.values():
            if field.get("to_field") == Literal(name) and field.target(*model.key, facts) == target:
                yield model, field


def target_without_uniqueness(field: Field, model: Model, state: State, facts: Facts) -> tuple[Model, Field] | None:
    """The model and field that a key of ``model`` names with ``to_field``, if a constraint needs it to be unique."""
    to_field = None if field.is_unconstrained else field.get("to_field")
    key = field.target(*model.key, facts) if isinstance(to_field, Literal) else None
    target = state.models.get(key) if key else None
    named = target.fields.get(str(to_field.value)) if target and isinstance(to_field, Literal) else None
    if target is None or named is None or named.is_unique or is_unique_alone(target, named.name):
        return None
    return target, named
