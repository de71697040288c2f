"""The source that a history is read from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from migfix.source.migration import Migration

if TYPE_CHECKING:
    from migfix.project.deployed import Deployed
    from migfix.project.installed import Package


@dataclass(frozen=True, eq=False, repr=False)
class Module:
    """A Python file of the project and the app it is in ("" if none)."""

    path: str
    app: str
    source: bytes


class Reader(Protocol):
    """Where a history gets its migrations from: source files, or a loaded project."""

    def load(self, label: str) -> tuple[Migration, ...]:
        """The migrations of an app; empty if it isn't part of the project."""

    def load_one(self, label: str, name: str) -> Migration | None:
        """The migration of an app with that name; None if there is none."""

    def app_mentioning(self, label: str, text: bytes) -> tuple[Migration, ...]:
        """The migrations of an app whose files contain ``text``."""

    def unnamed(self, label: str) -> frozenset[str]:
        """The files of an app that no other file of it names: its leaves, and maybe others that aren't."""

    def squashed(self, label: str) -> tuple[Migration, ...]:
        """The migrations of an app that may replace others."""

    @property
    def likely_new(self) -> tuple[Migration, ...]:
        """The migrations that were named or that git doesn't know as deployed."""

    def labels(self) -> tuple[str, ...]:
        """Every app that has migrations."""

    def mentioning(self, text: bytes) -> tuple[Migration, ...]:
        """Every migration whose file, in lower case, contains ``text``."""

    @property
    def deployed(self) -> Deployed:
        """Which of the migrations are deployed."""

    def companion(self, path: str) -> bytes | None:
        """The content of a file next to the migrations (``max_migration.txt``); None if it doesn't exist."""

    def module(self, name: str, near: str) -> Module | None:
        """The module that ``name`` means in an import in the file ``near``; None if it isn't part of the project."""

    def package(self, label: str) -> Package | None:
        """The migrations that an installed package ships for an app that isn't part of the project."""

    def whole(self) -> Reader:
        """The same reader including the migrations of installed packages."""

    def installs(self, app: str) -> bool:
        """Whether the settings are known to install ``app``, a dotted name."""

    def has_app(self, label: str) -> bool | None:
        """Whether an app with migrations is called ``label``; None if that is unknown."""

    def is_shipped(self, path: str) -> bool:
        """Whether the file is in the migrations of an installed package."""

    def is_folder(self, module: str, near: str) -> bool:
        """Whether a dotted name is a folder or a compiled module, which has no source to read."""

    def defining(self, name: str) -> list[str]:
        """The modules of the project with a class, a function or a constant of that name at module level."""
