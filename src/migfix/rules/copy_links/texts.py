"""A text field that becomes a key of a new model: each text becomes a row, and the rows point at it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher

from migfix.changes.tables import may_have_rows
from migfix.history import History
from migfix.history.fields import Field, field_of
from migfix.history.model import Model
from migfix.history.uniqueness import unique_sets
from migfix.rows.link_tables import is_required
from migfix.rows.placeholder_rows.values import AUTO, TEXT, max_length
from migfix.source.migration import Literal, Migration, Operation
from migfix.source.writer import CannotWrite

_ALIKE = 0.6


@dataclass(frozen=True)
class TextToKey:
    """A text field and the key that takes its place: one AlterField, or a RemoveField and an AddField."""

    migration: Migration
    removed: int
    added: int
    remove: Operation
    add: Operation
    model: Model
    """The model before the removal."""
    old: Field
    new: Field
    target: Model
    """The new model that the key points at."""

    @property
    def label(self) -> str:
        return f"{self.model.label}.{self.old.name}"

    @property
    def is_in_place(self) -> bool:
        return self.removed == self.added


def texts_to_keys(migration: Migration, history: History) -> Iterator[TextToKey]:
    """Every such change of a migration, on tables that may have rows."""
    removed: list[tuple[int, Operation, Model, Field]] = []
    added: list[tuple[int, Operation, Model, Field, Model]] = []
    for index, op, state in history.states(migration):
        is_meant = op.kind in ("AlterField", "AddField", "RemoveField")
        model = state.models.get((migration.app, op.model)) if is_meant else None
        if model is None or not may_have_rows(model, migration):
            continue
        old, new = model.fields.get(op.text("name")), field_of(op)
        key = new.target(*model.key, history.facts) if new.is_key else None
        target = state.models.get(key) if key else None
        if op.kind == "RemoveField" and old and old.kind in TEXT:
            removed.append((index, op, model, old))
        elif target is not None and target.made_by == migration.key and target.key != model.key:
            if op.kind == "AlterField" and old and old.kind in TEXT:
                yield TextToKey(migration, index, index, op, op, model, old, new, target)
            elif op.kind == "AddField":
                added.append((index, op, model, new, target))
    for place, op, model, old in removed:
        for index, add, owner, new, target in added:
            if owner.key == model.key and _are_alike(old.name, new.name, target):
                yield TextToKey(migration, place, index, op, add, model, old, new, target)


def _are_alike(old: str, new: str, target: Model) -> bool:
    """Whether the names say that the text was the row of the new model: ``city_name`` and ``city``."""
    names = (new, target.name.lower())
    return any(old in name or name in old or SequenceMatcher(None, old, name).ratio() >= _ALIKE for name in names)


def text_of(each: TextToKey) -> Field:
    """The field of the new model that the texts go to. Raises CannotWrite."""
    target, key = each.target, each.target.primary_key
    if key is None or key.kind not in AUTO or target.bases or each.new.get("to_field") is not None:
        raise CannotWrite(f"{target.label} has a key or a base that migfix can't fill")
    texts = [field for field in target.fields.values() if field.kind in TEXT and not field.get("choices")]
    needed = [field for field in texts if is_required(field)]
    if len(needed or texts) != 1:
        raise CannotWrite(f"migfix can't tell which field of {target.label} the text goes to")
    found = (needed or texts)[0]
    others = [f for f in target.fields.values() if f not in (found, key) and (is_required(f) or f.is_unique)]
    if others or any(names != (found.name,) for names in unique_sets(target) if names != (key.name,)):
        named = others[0].name if others else "a unique constraint"
        raise CannotWrite(f"{named} of {target.label} needs values that migfix doesn't know")
    was, room = max_length(each.old), max_length(found)
    if room is not None and (was is None or was > room):
        raise CannotWrite(f"{target.label}.{found.name} is shorter than the text")
    return found


def demand_key(each: TextToKey) -> None:
    """Raises CannotWrite if rows can't share the key, or rows without a text would need one."""
    if each.new.is_unique or any(each.new.name in names for names in unique_sets(each.model, also_partial=True)):
        raise CannotWrite("the key is unique, and rows may share a text")
    if each.old.is_true("null") and each.new.get("null") != Literal(True):
        raise CannotWrite("rows may have no text, and the key is required")
