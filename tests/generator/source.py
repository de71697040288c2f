"""The project's own code: settings, the models of the second release, and managers."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from django.db import models
from django.db.migrations.writer import MigrationWriter

from generator.models import APPS, Table, Tables

SETTINGS = """INSTALLED_APPS = ["blog", "shop", "crm"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
"""
MANAGER = """

class {name}(models.Manager):
    use_in_migrations = True

    def get_queryset(self):
        return super().get_queryset().filter(pk__lt={hidden})
"""
TEXT = """
    def __str__(self):
        return f"{{self.{name}}}!"
"""
SAVE = """
    def save(self, *args, **kwargs):
        self.{name} = f"{{self.{name}}}".strip()
        super().save(*args, **kwargs)
"""


def write_skeleton(root: Path, user: str) -> None:
    """Create folders and settings; ``user`` is the label of the project's user model, or empty."""
    for app in APPS:
        (root / app / "migrations").mkdir(parents=True)
        (root / app / "__init__.py").touch()
        (root / app / "migrations" / "__init__.py").touch()
    (root / "config").mkdir()
    (root / "config" / "__init__.py").touch()
    line = f"AUTH_USER_MODEL = {user!r}\n" if user else ""
    (root / "config" / "settings.py").write_text(SETTINGS + line)
    (root / "manage.py").write_text("import os\n\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'config.settings')\n")


def settings_of(root: Path) -> dict[str, Any]:
    """The values in the project's settings."""
    found: dict[str, Any] = {}
    exec((root / "config" / "settings.py").read_text(), {}, found)
    return found


def register_user(label: str) -> None:
    """Register a user model in Django, so that keys to it are written as ``settings.AUTH_USER_MODEL``."""
    app, name = label.split(".")
    meta = type("Meta", (), {"app_label": app, "swappable": "AUTH_USER_MODEL"})
    type(name, (models.Model,), {"__module__": f"{app}.models", "Meta": meta})


def write_managers(root: Path, tables: list[Table]) -> None:
    """Write ``managers.py`` of each app, and add the managers to the tables."""
    for app in APPS:
        hiding = [each for each in tables if each.app == app and each.manager]
        if hiding:
            texts = {each.manager: MANAGER.format(name=each.manager, hidden=each.hidden) for each in hiding}
            head = "import uuid\n\nfrom django.db import models\n"
            (root / app / "managers.py").write_text(head + "".join(texts.values()))
        for each in hiding:
            each.managers = [("objects", getattr(import_module(f"{app}.managers"), each.manager)())]


def write_models(root: Path, tables: Tables) -> None:
    """Write ``models.py`` of each app."""
    for app in APPS:
        imports, classes = {"from django.db import models"}, []
        for each in sorted((each for each in tables.values() if each.app == app), key=lambda each: len(each.bases)):
            classes.append(_class(each, imports))
        if any(each.manager for each in tables.values() if each.app == app):
            imports.add(f"from {app} import managers")
        text = "\n".join(sorted(imports)) + "\n\n\n" + "\n\n".join(classes)
        (root / app / "models.py").write_text(text)


def _class(made: Table, imports: set[str]) -> str:
    bases = ", ".join(label.split(".")[1] for label in made.bases) or "models.Model"
    body = ""
    for name, each in made.fields.items():
        if not (each.remote_field and getattr(each.remote_field, "parent_link", False)):
            text, needed = MigrationWriter.serialize(each)
            imports |= needed
            body += f"    {name} = {text}\n"
    if made.managers:
        body += f"    objects = managers.{made.manager}()\n" if made.manager else "    objects = models.Manager()\n"
    options = ""
    for name, value in made.options.items():
        text, needed = MigrationWriter.serialize(value)
        imports |= needed
        options += f"        {name} = {text}\n"
    body += f"\n    class Meta:\n{options}" if options else ""
    if name := _text(made):
        body += TEXT.format(name=name) if "__str__" in made.methods else ""
        body += SAVE.format(name=name) if "save" in made.methods else ""
    return f"class {made.name}({bases}):\n{body or '    pass'}\n"


def _text(made: Table) -> str:
    """The name of a text column that isn't a primary key, or an empty string."""
    texts = (
        name
        for name, each in made.fields.items()
        if isinstance(each, models.CharField | models.TextField) and not each.primary_key
    )
    return next(texts, "")
