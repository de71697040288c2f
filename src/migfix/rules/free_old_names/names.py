"""What gets a name that Django computes from the table and the columns: indexes, keys, and unique_together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from migfix.history.fields import Field, together
from migfix.history.model import Model
from migfix.project.facts import ENGINES
from migfix.source.migration import Literal

_TEXT = ("CharField", "TextField", "SlugField", "EmailField", "URLField", "FileField", "FilePathField", "ImageField")


class Named(NamedTuple):
    """Something with a computed name. Two tables of the same name can't both have it."""

    kind: str
    columns: tuple[str, ...]
    field: str
    """The field, or the name of the option."""
    engines: tuple[str, ...]
    """Where such a name can't be used for two tables."""


def named(model: Model) -> Iterator[Named]:
    """Everything of a model that has a computed name."""
    for each in model.fields.values():
        if each.kind == "ManyToManyField":
            if each.get("through") is None and each.get("db_table") is None:
                yield Named("links", (each.name,), each.name, ENGINES)
        elif engines := tuple(_engines(each)):
            yield Named("index", (each.column,), each.name, engines)
    for option in ("unique_together", "index_together"):
        for names in together(model.options.get(option)):
            columns = (model.fields[name].column if name in model.fields else name for name in names)
            kind = "unique" if option == "unique_together" else "index"
            yield Named(kind, tuple(columns), option, ("sqlite", "postgresql", "oracle"))


def _engines(field: Field) -> Iterator[str]:
    """Where the names of a field's index and constraint can't be used again."""
    if is_indexed(field):
        yield from ("sqlite", "postgresql", "oracle")
    elif field.is_unique and field.kind in _TEXT:
        yield "postgresql"  # the index "_like"
    if field.is_key and not field.is_unconstrained:
        yield from ("mysql", "mariadb", "oracle")


def is_indexed(field: Field) -> bool:
    """Whether an index belongs to the column, apart from that of a unique one."""
    if field.is_unique:
        return False
    if field.is_key or field.kind == "SlugField":
        return field.get("db_index") != Literal(False)
    return field.is_true("db_index")
