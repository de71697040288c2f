"""The project that doctor looks at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from migfix.commands.verify import settings_of
from migfix.errors import MigfixError
from migfix.history import History
from migfix.project.config.pyproject import load_config
from migfix.project.django.loaded import with_loaded
from migfix.project.files import find_root
from migfix.project.select import project_at


@dataclass(frozen=True)
class Checkout:
    """A project on disk, read from source, with what its settings say."""

    root: Path
    settings: str
    apps: frozenset[str]
    """The labels of the apps that are asked for."""
    history: History
    errors: Iterable[str]
    """The files that can't be read, as far as they have been read."""


def checkout_at(here: Path, apps: Iterable[str], settings: str | None) -> Checkout:
    """The project around a folder. Without ``apps``, with all installed apps that have migrations.

    Raises MigfixError if no settings are known, and for an app that the project doesn't have.
    """
    root = find_root(here / "x")
    config = load_config(root)
    module = settings_of(root, settings or config.settings)
    facts = with_loaded(config.facts, root, module)
    project = project_at(root, facts).whole()
    labels = facts.folders or {}
    if lost := sorted(set(apps) - set(labels)):
        known = ", ".join(sorted(labels))
        raise MigfixError(f"There is no app `{lost[0]}` with migrations.", f"The project has {known}.")
    return Checkout(root, module, frozenset(apps) or frozenset(labels), History(facts, project), project.errors)
