"""The foreign keys that hold the values of a field that isn't the primary key."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.history.fields import Field
from migfix.history.model import Model
from migfix.history.state import State
from migfix.project.facts import Facts
from migfix.source.migration import Key, Literal


def keys_by_field(state: State, target: Key, name: str, facts: Facts) -> Iterator[tuple[Model, Field]]:
    """Each model with a foreign key whose ``to_field`` is the field ``name`` of ``target``, and that key."""
    for model in state.models.values():
        for field in model.fields.values():
            if field.get("to_field") == Literal(name) and field.target(*model.key, facts) == target:
                yield model, field
