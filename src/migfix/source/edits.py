"""What shall change: a small closed set of edits, each naming its file."""

from __future__ import annotations

from dataclasses import dataclass

from migfix.source.migration import Span, Where


@dataclass(frozen=True)
class Insert:
    """Put ``code`` before the child at ``where``; comments of its neighbours stay with them."""

    path: str
    where: Where
    code: str
    comment: str | None = None


@dataclass(frozen=True)
class Remove:
    """Take the child at ``where`` out, with the comments that belong to it."""

    path: str
    where: Where


@dataclass(frozen=True)
class Move:
    """Put the child at ``where`` before its sibling ``to``, with the comments that belong to it."""

    path: str
    where: Where
    to: int


@dataclass(frozen=True)
class Replace:
    """Put ``code`` in the place of the value at ``where``."""

    path: str
    where: Where
    code: str


@dataclass(frozen=True)
class Comment:
    """Put a comment line above the child at ``where``."""

    path: str
    where: Where
    text: str


@dataclass(frozen=True)
class AddAttribute:
    """Set an attribute of the Migration class that isn't set there yet, above the others."""

    path: str
    name: str
    code: str


@dataclass(frozen=True)
class RemoveAttribute:
    """Take an attribute of the Migration class out; comments above it stay."""

    path: str
    name: str


@dataclass(frozen=True)
class AddFunction:
    """Put a function above the Migration class."""

    path: str
    code: str


@dataclass(frozen=True)
class RemoveDefinition:
    """Take a module-level function or constant out, with the comment on it."""

    path: str
    name: str


@dataclass(frozen=True)
class ReplaceText:
    """Put ``code`` in the place of the text at ``span``, outside the Migration class; an empty span inserts."""

    path: str
    span: Span
    code: str


@dataclass(frozen=True)
class AddImport:
    """Bind ``name`` of ``module``, or ``module`` itself if name is None, sorted into place."""

    path: str
    module: str
    name: str | None = None


@dataclass(frozen=True)
class RemoveImport:
    """Stop importing what the file binds as ``bound``."""

    path: str
    bound: str


@dataclass(frozen=True)
class NewFile:
    """A migration of ``app`` that isn't there yet."""

    path: str
    app: str
    content: bytes


@dataclass(frozen=True)
class SetContent:
    """A companion file (``max_migration.txt``) gets new content."""

    path: str
    content: bytes


Edit = (
    Insert
    | Remove
    | Move
    | Replace
    | Comment
    | AddAttribute
    | RemoveAttribute
    | AddFunction
    | RemoveDefinition
    | ReplaceText
    | AddImport
    | RemoveImport
    | NewFile
    | SetContent
)
