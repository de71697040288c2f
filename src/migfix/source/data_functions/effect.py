"""What a data function does to rows, and what its expressions can mean while it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf
from typing import NamedTuple

from migfix.source.data_functions.written import Kind
from migfix.source.migration import Key


@dataclass(frozen=True)
class Effect:
    """One change to rows of ``model`` (None if it is unknown), in ``column`` ("" for whole rows).

    A change to the rows of ``Post.tags.through`` is one of ``model`` Post in ``column`` tags.
    """

    kind: Kind
    model: Key | None
    column: str = ""
    line: int = 0
    given: tuple[tuple[str, object], ...] = ()
    """For a created row: the keyword arguments of the call that are constants."""
    reads: frozenset[str] = frozenset()
    """The columns of the same row that the value is computed from."""


@dataclass(frozen=True)
class Model:
    """A model class. ``links``: the many-to-many field of ``key`` whose ``through`` it is."""

    key: Key
    links: str = ""


@dataclass(frozen=True)
class Rows:
    """A manager or queryset of a model, or of the links of one of its many-to-many fields."""

    key: Key
    links: str = ""


@dataclass(frozen=True)
class Row:
    """An instance; ``is_fresh`` if it was created here and isn't saved yet."""

    key: Key
    is_fresh: bool = False
    links: str = ""


class ColumnChange(NamedTuple):
    """A column that was set on a row."""

    column: str
    kind: Kind
    reads: frozenset[str] = frozenset()


Meaning = Model | Rows | Row | OneOf["apps", "editor", "get_model"]
"""What an expression is: ``editor`` is the schema editor, ``apps`` an app registry."""

WORST: tuple[Kind, ...] = ("ensure", "delete", "set", "derive", "unknown", "create", "accumulate")
"""The kinds of changes, worst last."""
