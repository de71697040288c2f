"""Values at the edge of what the models allow: what the old release may have written, or the new one may write."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db.models import Model

from migfix.prove.trial.test_rows.columns import unique_sets

MOST_EDGES = 4
"""In each direction. A trial runs the migrations again for each."""
_MOST_TEXT = 2000
_TEXT = ("CharField", "TextField", "SlugField")
_NUMBERS = ("IntegerField", "BigIntegerField", "SmallIntegerField", "FloatField", "DecimalField")


@dataclass(frozen=True)
class Edge:
    """A value for one row of a table."""

    model: type[Model]
    attname: str
    value: Any
    described: str
    """``one row has ''``."""
    copied: tuple[str, ...] = ()
    """The attributes that one row gets from another, instead of ``value``."""

    @property
    def place(self) -> str:
        names = ", ".join(self.copied) or self.attname
        return f"{self.model._meta.db_table}.{names}: {self.described}"


def edges_before(pairs: Iterable[tuple[type[Model], type[Model]]]) -> list[Edge]:
    """What rows of the old models may hold, where the new models allow less. At most ``MOST_EDGES``."""
    found = (edge for old, new in pairs for edge in (*_old_values(old, new), *_equal(old, new)))
    return list(found)[:MOST_EDGES]


def edges_after(pairs: Iterable[tuple[type[Model], type[Model]]]) -> list[Edge]:
    """What rows of the new models may hold, where the old models allow less. At most ``MOST_EDGES``."""
    return [edge for old, new in pairs for edge in _new_values(old, new)][:MOST_EDGES]


def _fields(old: type[Model], new: type[Model]) -> Iterator[tuple[Any, Any]]:
    """The fields of both models that have the same name and hold values of their own."""
    later = {field.name: field for field in new._meta.local_concrete_fields}
    for field in old._meta.local_concrete_fields:
        other = later.get(field.name)
        if other is not None and not (field.primary_key or other.primary_key):
            yield field, other


def _old_values(old: type[Model], new: type[Model]) -> Iterator[Edge]:
    for before, after in _fields(old, new):
        kinds = before.get_internal_type(), after.get_internal_type()
        is_text = kinds[0] in _TEXT and before.choices is None and not before.unique
        if is_text and (kinds[1] not in _TEXT or (after.unique and not before.unique)):
            yield Edge(old, before.attname, "", "one row has ''")
        if kinds[0] in _NUMBERS and kinds[1].startswith("Positive"):
            yield Edge(old, before.attname, -1, "one row has -1")


def _equal(old: type[Model], new: type[Model]) -> Iterator[Edge]:
    """Two rows with equal values, where the new model wants them unique."""
    names = {field.attname for field in old._meta.local_concrete_fields}
    key = getattr(old._meta.pk, "attname", "")
    already = [set(each) for each in unique_sets(old)]
    for fields in unique_sets(new):
        is_new = not any(each <= set(fields) for each in already)
        if is_new and set(fields) <= names and key not in fields:
            yield Edge(old, fields[0], None, "two rows are equal", fields)


def _new_values(old: type[Model], new: type[Model]) -> Iterator[Edge]:
    for before, after in _fields(old, new):
        if after.null and not before.null:
            yield Edge(new, after.attname, None, "one row has NULL")
        longest = after.max_length or _MOST_TEXT
        is_text = {before.get_internal_type(), after.get_internal_type()} <= set(_TEXT)
        if is_text and before.max_length and before.max_length < longest <= _MOST_TEXT and not after.choices:
            yield Edge(new, after.attname, "x" * longest, f"one row has text of {longest} characters")
