"""``makemigrations`` in a project of 1,000 migrations, with migfix in INSTALLED_APPS and without."""

from __future__ import annotations

import statistics
from pathlib import Path

from measure import PYTHON, cost
from synthetic import many_files

APPS, FILES, RUNS = 40, 25, 5
MANAGE = """import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = sys.argv.pop(1)
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
SETTINGS = """SECRET_KEY = "x"
INSTALLED_APPS = {apps!r}
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}}}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""


def makemigrations(project: Path) -> tuple[float, float]:
    """The median CPU seconds with migfix and without. ``project`` doesn't exist yet. Each run writes one AddField."""
    last = many_files(project, APPS, FILES)
    apps = sorted(folder.name for folder in project.iterdir() if folder.is_dir())
    (project / "manage.py").write_text(MANAGE)
    (project / "plain.py").write_text(SETTINGS.format(apps=apps))
    (project / "hooked.py").write_text(SETTINGS.format(apps=["migfix", *apps]))
    for number, app in enumerate(apps):
        write_models(project / app, apps[number - 1] if number else None, FILES + (app == last.parent.parent.name))
    found: dict[str, list[float]] = {"hooked": [], "plain": []}
    for _ in range(RUNS + 1):
        for settings, seconds in found.items():
            command = [PYTHON, "manage.py", settings, "makemigrations", "--no-input"]
            seconds.append(cost(command, project).seconds)
            (new,) = last.parent.glob(f"{FILES + 1:04}*.py")
            new.unlink()
    return statistics.median(found["hooked"][1:]), statistics.median(found["plain"][1:])


def write_models(folder: Path, other: str | None, fields: int) -> None:
    """Models that match the migrations, up to field number ``fields``."""
    for package in (folder, folder / "migrations"):
        (package / "__init__.py").touch()
    lines = [f"    field{place} = models.CharField(max_length=50, null=True)" for place in range(1, fields)]
    if other:
        lines.append(f'    other = models.ForeignKey("{other}.Thing", models.CASCADE, null=True)')
    code = "\n".join(["from django.db import models\n\n\nclass Thing(models.Model):", *lines])
    (folder / "models.py").write_text(code + "\n")
