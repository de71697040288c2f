"""Facts about a project that only its settings say, asked of Django in a process of its own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from migfix.asking import ask
from migfix.history.facts import Facts
from migfix.model import Key


def with_loaded(facts: Facts, root: Path, settings: str) -> Facts:
    """``facts`` with the installed apps, their folders of migrations and AUTH_USER_MODEL; what a person said stays.

    Raises MigfixError if the project can't be loaded.
    """
    return with_answer(facts, ask("migfix.history.django", root, settings, {}))


def with_answer(facts: Facts, answer: dict[str, Any]) -> Facts:
    """``facts`` with what ``migfix.history.django.loaded()`` says."""
    swapped = {setting: _key(label) for setting, label in answer["swapped"].items()}
    folders = {label: Path(folder) for label, folder in answer["folders"].items()}
    return replace(facts, auth_user=facts.auth_user or _key(answer["auth_user"]), swapped=swapped, folders=folders)


def _key(label: str) -> Key:
    app, _, name = label.partition(".")
    return app, name.lower()
