"""Relations and fields that go to the model on the other side: their links and values would be lost."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.changes.replaced_fields import Found, removals_and_additions
from migfix.findings.words import listed
from migfix.history import History
from migfix.history.model import Model
from migfix.source.migration import Key, Migration, Operation


@dataclass(frozen=True)
class OtherSide:
    """What a model loses, and a field that comes and doesn't get it."""

    op: Operation
    """The first RemoveField."""
    model: Model
    names: tuple[str, ...]
    """The removed fields, and the new one."""
    why: str
    by_hand: str


def turned_relations(migration: Migration, history: History) -> Iterator[OtherSide]:
    """Each relation of a model that is removed while its target gets one to that model."""
    removed, added = removals_and_additions(migration, history)
    for _, op, model, old in removed:
        target = old.target(*model.key, history.facts) if old.is_relation else None
        for _, _, owner, new in added:
            is_back = new.is_relation and new.target(*owner.key, history.facts) == model.key
            if target == owner.key != model.key and is_back:
                why = f"{model.label}.{old.name} is removed, and {owner.label}.{new.name} points the other way"
                by_hand = "Add the new field first, copy the links in a RunPython, and remove the old one after it."
                yield OtherSide(op, model, (old.name, new.name), f"{why}: all links are lost.", by_hand)


def fields_of_new_targets(migration: Migration, history: History) -> Iterator[OtherSide]:
    """Fields of a model that a new model has, to which that model gets a key."""
    removed, added = removals_and_additions(migration, history)
    end = history.state_after(migration)
    for _, _, owner, key in added:
        target = end.models.get(_target(key.target(*owner.key, history.facts)))
        if target is None or target.made_by != migration.key or not key.is_key:
            continue
        moved = [each for each in removed if each[2].key == owner.key and _has(target, each)]
        if moved:
            names = tuple(field.name for _, _, _, field in moved)
            why = f"{listed(names)} of {owner.label} {'moves' if len(names) == 1 else 'move'} to {target.label}, which "
            why += f"{key.name} points at, and the values of all rows are lost."
            by_hand = (
                f"Add {key.name} first, create rows of {target.label} in a RunPython, and remove the fields after it."
            )
            yield OtherSide(moved[0][1], owner, (*names, key.name), why, by_hand)


def _target(key: Key | None) -> Key:
    return key or ("", "")


def _has(target: Model, found: Found) -> bool:
    """Whether the new model has the removed field: with its name and type, and not a relation back."""
    _, _, _, field = found
    there = target.fields.get(field.name)
    return there is not None and field.has_same_type(there)
