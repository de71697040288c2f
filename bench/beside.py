"""migfix beside linters that load the project, and beside a commit without migrations."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from hooked import MANAGE, write_models
from measure import MIGFIX, PYTHON, cost
from synthetic import many_files

APPS, FILES = 10, 10
DATABASE = os.environ.get("MIGFIX_BENCH_POSTGRESQL", "postgres://root@127.0.0.1:5432/postgres")
SETTINGS = """import dj_database_url
SECRET_KEY = "x"
INSTALLED_APPS = ["django_migration_linter", "django_safe_migrations", *{apps!r}]
DATABASES = {{"default": dj_database_url.parse({database!r})}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""
SQUAWK = """
for file in app*/migrations/0*.py; do
    app=${{file%%/*}}; name=$(basename $file .py)
    {python} manage.py settings sqlmigrate $app $name > $app-$name.sql
done
squawk app*.sql
"""


def linters(project: Path) -> list[tuple[str, float]]:
    """The CPU seconds of each linter on a project of 100 migrations, which doesn't exist yet, and those of migfix."""
    many_files(project, APPS, FILES)
    apps = sorted(folder.name for folder in project.iterdir() if folder.is_dir())
    (project / "manage.py").write_text(MANAGE)
    (project / "settings.py").write_text(SETTINGS.format(apps=apps, database=DATABASE))
    for number, app in enumerate(apps):
        write_models(project / app, apps[number - 1] if number else None, FILES)
    commands = {
        "migfix check --all": [MIGFIX, "check", "--all", "--force"],
        "zdm": [str(Path(PYTHON).with_name("zdm")), "."],
        "django-migration-linter": [PYTHON, "manage.py", "settings", "lintmigrations"],
        "django-safe-migrations": [PYTHON, "manage.py", "settings", "check_migrations"],
        "sqlmigrate of each file, and squawk": ["sh", "-c", SQUAWK.format(python=PYTHON)],
    }
    return [(name, cost(command, project).seconds) for name, command in commands.items()]


def hook_without_migrations(project: Path) -> tuple[float, float]:
    """The CPU seconds of the pre-commit hook if no migration is staged, and those of its floor."""
    many_files(project, APPS, FILES)
    for arguments in (["init", "-q"], ["add", "manage.py"]):
        subprocess.run(["git", *arguments], cwd=project, check=True)
    commands = [MIGFIX, "check", "--staged", "--settings="], [PYTHON, "-c", "import typer, ast"]
    times = [[cost(command, project).seconds for command in commands] for _ in range(9)]
    mine, floor = (sorted(each)[4] for each in zip(*times, strict=True))
    return mine, floor
