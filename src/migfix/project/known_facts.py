"""The facts of a project: configured, and from Django if there are settings, which is loaded only then."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from migfix.project.config import Config
from migfix.project.facts import Facts

_DJANGO = "migfix.project.django.loaded"


def known_facts(config: Config, root: Path) -> Facts:
    """The configured facts and, if there are settings, those that Django adds. Raises MigfixError."""
    if not config.settings:
        return config.facts
    facts: Facts = import_module(_DJANGO).facts_of(config, root, config.settings)
    return facts
