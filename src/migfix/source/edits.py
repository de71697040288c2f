"""The edits that can be made to a project: a small closed set of classes. Each edit names its file."""

from __future__ import annotations

from dataclasses import dataclass

from migfix.source.migration import Span, Where


@dataclass(frozen=True)
class Insert:
    """Insert ``code`` before the child at ``where``. Its neighbours keep their comments."""

    path: str
    where: Where
    code: str
    comment: str | None = None


@dataclass(frozen=True)
class Remove:
    """Remove the child at ``where`` and the comments that belong to it."""

    path: str
    where: Where


@dataclass(frozen=True)
class Move:
    """Move the child at ``where`` before its sibling ``to``, with the comments that belong to it."""

    path: str
    where: Where
    to: int


@dataclass(frozen=True)
class Replace:
    """Replace the value at ``where`` with ``code``."""

    path: str
    where: Where
    code: str


@dataclass(frozen=True)
class Comment:
    """Add a comment line above the child at ``where``."""

    path: str
    where: Where
    text: str


@dataclass(frozen=True)
class AddAttribute:
    """Add an attribute that the Migration class doesn't set yet, above the others."""

    path: str
    name: str
    code: str


@dataclass(frozen=True)
class RemoveAttribute:
    """Remove an attribute of the Migration class. Comments above it stay."""

    path: str
    name: str


@dataclass(frozen=True)
class AddFunction:
    """Add a function above the Migration class."""

    path: str
    code: str

    @property
    def name(self) -> str:
        return self.code.partition("def ")[2].partition("(")[0]


@dataclass(frozen=True)
class RemoveDefinition:
    """Remove a module-level function or constant and the comment directly above it."""

    path: str
    name: str


@dataclass(frozen=True)
class ReplaceText:
    """Replace the text at ``span``, outside the Migration class, with ``code``. An empty span inserts."""

    path: str
    span: Span
    code: str


@dataclass(frozen=True)
class AddImport:
    """Import ``name`` from ``module``, or ``module`` itself if ``name`` is None, at its sorted place."""

    path: str
    module: str
    name: str | None = None


@dataclass(frozen=True)
class RemoveImport:
    """Remove the import that binds ``bound``."""

    path: str
    bound: str


@dataclass(frozen=True)
class NewFile:
    """Create a migration of ``app``."""

    path: str
    app: str
    content: bytes


@dataclass(frozen=True)
class SetContent:
    """Set the content of a companion file (``max_migration.txt``)."""

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
