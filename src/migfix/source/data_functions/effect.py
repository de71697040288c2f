"""What a data function does to rows, and what its expressions can mean on the way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf
from typing import NamedTuple

from migfix.source.data_functions.written import Kind
from migfix.source.migration import Key


@dataclass(frozen=True)
class Effect:
    """One thing done to rows of ``model`` (None if that can't be told), to ``column`` ("" for whole rows)."""

    kind: Kind
    model: Key | None
    column: str = ""
    line: int = 0
    given: tuple[tuple[str, object], ...] = ()
    """Of a row that is made: the columns that a call gives constants by name."""
    reads: frozenset[str] = frozenset()
    """The columns of the same row that the value is made of."""


@dataclass(frozen=True)
class Model:
    """A model class."""

    key: Key


@dataclass(frozen=True)
class Rows:
    """A manager or queryset of a model."""

    key: Key


@dataclass(frozen=True)
class Row:
    """An instance; ``is_fresh`` if it was made here and is not saved yet."""

    key: Key
    is_fresh: bool = False


class Change(NamedTuple):
    """A column that was set on a row."""

    column: str
    kind: Kind
    reads: frozenset[str] = frozenset()


Meaning = Model | Rows | Row | OneOf["apps", "editor", "get_model"]
"""What an expression is: ``editor`` is the schema editor, ``apps`` a registry of models."""

WORST: tuple[Kind, ...] = ("ensure", "delete", "set", "derive", "unknown", "create", "accumulate")
"""The kinds of a change, the worst last."""
