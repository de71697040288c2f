"""The project as Django has loaded it: its apps, the folders of their migrations, and the user model.

``python -m migfix.project.django.installed_apps`` answers in a separate process.
"""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db.migrations.loader import MigrationLoader

from migfix.project.django.answering import reply


def loaded() -> dict[str, object]:
    """The folder of migrations of every installed app that has one, and the models and databases in the settings."""
    folders = {}
    for app in apps.get_app_configs():
        module, _ = MigrationLoader.migrations_module(app.label)
        if module and (folder := _folder(module)):
            folders[app.label] = str(folder)
    swapped = {}
    for model in apps.get_models(include_swapped=True):
        if model._meta.swappable:
            swapped[model._meta.swappable] = getattr(settings, model._meta.swappable, model._meta.label)
    found = {"folders": folders, "auth_user": settings.AUTH_USER_MODEL, "swapped": swapped}
    return {**found, "databases": list(settings.DATABASES), "has_routers": bool(settings.DATABASE_ROUTERS)}


def _folder(module: str) -> Path | None:
    try:
        spec = find_spec(module)
    except ModuleNotFoundError:
        return None
    places = list(spec.submodule_search_locations or ()) if spec else []
    return Path(places[0]) if places else None


if __name__ == "__main__":
    reply(lambda request: loaded())
