"""Small projects for tests, written file by file."""

from __future__ import annotations

import subprocess
from pathlib import Path
from textwrap import dedent

SETTINGS = """
SECRET_KEY = "x"
INSTALLED_APPS = ["blog"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
"""
HEAD = "from django.db import migrations, models\n\n\n"
ID = 'models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")'


def git(*arguments: str, cwd: Path) -> str:
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "init.defaultBranch=main"]
    return subprocess.run(["git", *identity, *arguments], cwd=cwd, check=True, capture_output=True, text=True).stdout


def migration(operations: str, *dependencies: tuple[str, str], attributes: str = "", functions: str = "") -> str:
    """The text of a migration file. ``operations`` are the lines in the list; ID becomes the usual primary key."""
    body = f"    dependencies = {list(dependencies)!r}\n    operations = [\n{dedent(operations)}\n    ]\n"
    extra = "".join(f"    {line}\n" for line in dedent(attributes).strip().splitlines())
    text = f"{HEAD}{dedent(functions)}\n\nclass Migration(migrations.Migration):\n{extra}{body}"
    return text.replace('("id", ID)', f'("id", {ID})')


def write_project(root: Path, files: dict[str, str]) -> Path:
    """Write a project with settings.py and these files. Every folder becomes a package."""
    for name, content in {"settings.py": SETTINGS, **files}.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(dedent(content))
        for folder in path.parents:
            if folder.is_relative_to(root) and folder != root:
                (folder / "__init__.py").touch()
    return root


POST = """migrations.CreateModel("Post", [
    ("id", ID), ("title", models.CharField(max_length=50)),
]),"""
POST_MODEL = """
from django.db import models


class Post(models.Model):
    title = models.CharField(max_length=50)
"""
