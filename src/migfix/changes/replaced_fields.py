"""Fields that one file removes and adds again: under another name, for the same column, or perhaps renamed."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import product

from migfix.changes.tables import may_have_rows
from migfix.history import History
from migfix.history.altered_model import kept_field
from migfix.history.fields import Field, field_of
from migfix.history.model import Model
from migfix.source.migration import Migration, Operation

_NO_COLUMN = ("", "GeneratedField", "CompositePrimaryKey")
_LINKS = "ManyToManyField"
_OF_TYPE = ("max_length", "max_digits", "decimal_places", "to", "choices", "base_field")
"""The arguments of a field by which two columns hold the same kind of values."""
_ALIKE = 0.6


@dataclass(frozen=True)
class ReplacedField:
    """A RemoveField and an AddField on the same table, which may have rows."""

    removed: int
    added: int
    remove: Operation
    add: Operation
    model: Model
    """The model before the removal."""
    old: Field
    new: Field
    """As it stays: without a one-off default."""

    @property
    def label(self) -> str:
        return f"{self.model.label}.{self.old.name}"

    @property
    def has_same_column(self) -> bool:
        return self.old.column == self.new.column

    @property
    def are_links(self) -> bool:
        """Whether both are many-to-many fields, whose links are in a table that Django makes."""
        return self.old.kind == self.new.kind == _LINKS

    @property
    def is_alike(self) -> bool:
        """Whether names or types look as if the field was renamed."""
        if self.old.kind == self.new.kind and all(self.old.get(name) == self.new.get(name) for name in _OF_TYPE):
            return True
        old, new = self.old.name, self.new.name
        are_named_alike = SequenceMatcher(None, old, new).ratio() >= _ALIKE or old in new or new in old
        return are_named_alike and _sort(self.old) == _sort(self.new)

    @property
    def has_same_class(self) -> bool:
        """Whether both fields have one class, of any size, or are relations to the same model."""
        return self.old.kind == self.new.kind and self.old.get("to") == self.new.get("to")


def perhaps_renamed(pairs: Collection[ReplacedField]) -> list[ReplacedField]:
    """The pairs that look as if a field was renamed: by their names or types, or as the only ones of their model."""
    return [each for each in pairs if each.is_alike or (each.has_same_class and _is_only(each, pairs))]


def _is_only(each: ReplacedField, pairs: Collection[ReplacedField]) -> bool:
    return sum(other.model.key == each.model.key for other in pairs) == 1


def _sort(field: Field) -> object:
    """What a field holds, so that a rename may change its class: text, numbers, moments, or keys of one model."""
    for sort, words in _SORTS.items():
        if any(word in field.kind for word in words):
            return sort
    return field.kind, field.get("to")


_SORTS = {
    "text": ("Char", "Text", "Slug", "Email", "URL", "File", "Image"),
    "number": ("Integer", "Decimal", "Float"),
    "moment": ("Date", "Time"),
}


def replaced_fields(migration: Migration, history: History) -> Iterator[ReplacedField]:
    """Every such pair of a migration: a removed field with each one that is added to its model, before or afterwards.

    makemigrations adds it first where another operation needs it. With the same column, that fails on every database.
    """
    removed, added = removals_and_additions(migration, history)
    for (place, remove, model, old), (index, add, before, new) in product(removed, added):
        if before.key != model.key or (old.kind == _LINKS) != (new.kind == _LINKS):
            continue
        is_again = new.column == old.column and new.kind != _LINKS and place > index
        if (old.name != new.name and not _may_be_copied(migration, index, place)) or is_again:
            yield ReplacedField(place, index, remove, add, model if place < index else before, old, new)


def _may_be_copied(migration: Migration, added: int, removed: int) -> bool:
    """Whether a data step runs while both fields are there."""
    return any(op.kind in ("", "RunPython", "RunSQL") for op in migration.operations[added + 1 : removed])


Found = tuple[int, Operation, Model, Field]
"""The index of an operation, the operation, the model before it, and the field."""


def removals_and_additions(migration: Migration, history: History) -> tuple[list[Found], list[Found]]:
    """The fields that a migration removes, and those that it adds, on tables that may have rows."""
    removed, added = list[Found](), list[Found]()
    for index, op, state in history.states(migration):
        model = state.models.get((migration.app, op.model)) if op.kind in ("RemoveField", "AddField") else None
        if model is None or not may_have_rows(model, migration):
            continue
        if op.kind == "RemoveField":
            field = model.fields.get(op.text("name"))
            removed += [(index, op, model, field)] if field and _may_be_renamed(field) else []
        elif _may_be_renamed(field_of(op)):
            added.append((index, op, model, Field(op.text("name"), kept_field(op))))
    return removed, added


def _may_be_renamed(field: Field) -> bool:
    """Whether it has a column, or a table of links that Django makes, and isn't the primary key."""
    has_through = field.kind == _LINKS and field.get("through") is not None
    return field.kind not in _NO_COLUMN and not field.is_true("primary_key") and not has_through
