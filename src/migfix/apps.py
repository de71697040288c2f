"""``INSTALLED_APPS += ["migfix"]``: the hook after makemigrations, and ``manage.py migfix``."""

from __future__ import annotations

from pathlib import Path

from django.apps import AppConfig, apps
from django.core.checks import CheckMessage, Warning, register
from django.core.management import find_commands

HOOKED = "makemigrations"


class MigfixConfig(AppConfig):
    name = "migfix"
    verbose_name = "migfix"

    def ready(self) -> None:
        register(hidden_hook, "migrations")


def overriding(command: str) -> list[AppConfig]:
    """The installed apps that bring a command of that name, the one that Django takes first."""
    return [
        config for config in apps.get_app_configs() if command in find_commands(str(Path(config.path) / "management"))
    ]


def hidden_hook(app_configs: object, **options: object) -> list[CheckMessage]:
    """A warning where another app's makemigrations runs instead of migfix's."""
    first = overriding(HOOKED)[0]
    if first.name == MigfixConfig.name:
        return []
    return [
        Warning(
            f"{first.name} comes before migfix in INSTALLED_APPS and has its own makemigrations, so migfix "
            "doesn't see the migrations that are written.",
            hint=f"Put 'migfix' above '{first.name}' in INSTALLED_APPS. Its makemigrations then runs inside migfix's.",
            id="migfix.W001",
        )
    ]
