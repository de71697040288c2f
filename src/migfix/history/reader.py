"""What a history is read from, and who knows what is deployed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from migfix.model import Migration

if TYPE_CHECKING:
    from migfix.history.installed import Package


@dataclass(frozen=True)
class Module:
    """A Python file of the project, and the app whose package it is in ("" if none)."""

    path: str
    app: str
    source: bytes


class Reader(Protocol):
    """Where a history gets its migrations from: source files, or a loaded project."""

    def load(self, label: str) -> tuple[Migration, ...]:
        """The migrations of an app; nothing if it isn't part of the project."""

    def labels(self) -> tuple[str, ...]:
        """Every app that has migrations."""

    def mentioning(self, text: bytes) -> tuple[Migration, ...]:
        """Every migration with ``text``, in lower case, somewhere in its file."""

    def is_new(self, path: str) -> bool:
        """Whether the file is known not to be deployed."""

    def why_deployed(self, path: str) -> str:
        """Why the file counts as deployed, as a sentence goes on after "it"; "" if it isn't known to be."""

    def demand_known(self, path: str) -> None:
        """Raises UnknownBase if nobody can say whether the file is deployed."""

    @property
    def knows_deployed(self) -> bool:
        """Whether ``is_new`` can say more than which files were named."""

    def earlier(self, path: str) -> bytes | None:
        """The file as it is deployed, where it has been changed since; None otherwise, or if nobody knows."""

    def companion(self, path: str) -> bytes | None:
        """The content of a file beside the migrations (``max_migration.txt``), None if there is none."""

    def module(self, name: str, near: str) -> Module | None:
        """What the file ``near`` imports as ``name``, dots in front for its own package; None if it isn't ours."""

    def package(self, label: str) -> Package | None:
        """What an installed package ships for an app that isn't part of the project."""

    def whole(self) -> Reader:
        """The same with the migrations of installed packages."""

    def installs(self, app: str) -> bool:
        """Whether the settings are known to install ``app``, a dotted name."""


class Deployed(Protocol):
    """Who knows which files may have run somewhere."""

    @property
    def is_there(self) -> bool:
        """Whether anything is known."""

    def base_of(self, path: str) -> str:
        """Where a deployed file is: ``origin/main``."""

    def is_deployed(self, path: str) -> bool:
        """Whether the file is known to be deployed."""

    def is_unknown(self, path: str) -> bool:
        """Whether nobody can say if the file is deployed."""

    def demand_base(self) -> str:
        """Where the deployed files are, by its full name. Raises UnknownBase."""

    def is_new(self, path: str) -> bool:
        """Whether the file is known not to be deployed."""

    def earlier(self, path: str) -> bytes | None:
        """The file as it is deployed, where it has been changed since; None otherwise, or if nobody knows."""
