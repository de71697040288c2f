"""Facts about a project that only its settings contain, read by Django in a separate process."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from migfix.project.config import Config
from migfix.project.django.applied import recorded_in
from migfix.project.django.asking import ask
from migfix.project.facts import Facts
from migfix.source.migration import Key


def facts_of(config: Config, root: Path, settings: str) -> Facts:
    """The configured facts, and those that Django adds. Raises MigfixError."""
    facts = with_loaded(config.facts, root, settings)
    asked = dict.fromkeys(filter(None, [*config.databases, config.database]))
    if not asked:
        return facts
    found = recorded_in(root, settings, asked)
    return replace(
        facts,
        applied={alias: each.applied for alias, each in found.items()},
        tables={alias: each.tables for alias, each in found.items()},
        indexes={alias: each.indexes for alias, each in found.items()},
        invalid_indexes={alias: each.invalid_indexes for alias, each in found.items()},
        first_keys={alias: each.first_keys for alias, each in found.items()},
        servers={alias: each.server for alias, each in found.items() if each.server},
    )


def with_loaded(facts: Facts, root: Path, settings: str) -> Facts:
    """``facts`` with the installed apps, their folders of migrations and AUTH_USER_MODEL, unless it was configured.

    Raises MigfixError if the project can't be loaded.
    """
    return with_answer(facts, ask("migfix.project.django.installed_apps", root, settings, {}))


def with_answer(facts: Facts, answer: dict[str, Any]) -> Facts:
    """``facts`` with the result of ``migfix.project.django.installed_apps.loaded()``."""
    swapped = {setting: _key(label) for setting, label in answer["swapped"].items()}
    folders = {label: Path(folder) for label, folder in answer["folders"].items()}
    user, databases = facts.auth_user or _key(answer["auth_user"]), frozenset(answer["databases"])
    return replace(
        facts,
        auth_user=user,
        swapped=swapped,
        folders=folders,
        databases=databases,
        has_routers=answer["has_routers"],
    )


def _key(label: str) -> Key:
    app, _, name = label.partition(".")
    return app, name.lower()
