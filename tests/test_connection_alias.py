"""MIG119 speaks where a project has several databases, and its rewrite changes the one that is migrated."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Migfix

SETTINGS = """
from pathlib import Path

SECRET_KEY = "x"
INSTALLED_APPS = ["blog"]
DATABASES = {{
    "default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": Path(__file__).parent / "default.db"}},
    {other}
}}
{more}
"""
OTHER = '"archive": {"ENGINE": "django.db.backends.sqlite3", "NAME": Path(__file__).parent / "archive.db"},'
LATER = 'DATABASES["archive"] = {**DATABASES["default"], "NAME": Path(__file__).parent / "archive.db"}'
MANAGE = """
import os, sys
from django.core.management import execute_from_command_line

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
execute_from_command_line(sys.argv)
"""
INITIAL = """
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="Post",
            fields=[("id", models.BigAutoField(primary_key=True)), ("title", models.CharField(max_length=9))],
        ),
    ]
"""
FILL = """
from django.db import migrations


def fill(apps, schema_editor):
    for post in apps.get_model("blog", "Post").objects.filter(title=""):
        post.title = "new"
        post.save()


class Migration(migrations.Migration):
    dependencies = [("blog", "0001_initial")]
    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
"""
FILE = "blog/migrations/0002_fill.py"


def project(root: Path, other: str = "", more: str = "") -> None:
    (root / "blog" / "migrations").mkdir(parents=True)
    for folder in ("blog", "blog/migrations"):
        (root / folder / "__init__.py").touch()
    (root / "settings.py").write_text(SETTINGS.format(other=other, more=more))
    (root / "manage.py").write_text(MANAGE)
    (root / "blog/migrations/0001_initial.py").write_text(INITIAL)
    (root / FILE).write_text(FILL)


def manage(root: Path, *arguments: str) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=root, check=True, capture_output=True)


def titles(root: Path, alias: str) -> list[str]:
    with sqlite3.connect(root / f"{alias}.db") as connection:
        return [title for (title,) in connection.execute("SELECT title FROM blog_post")]


@pytest.mark.parametrize(
    ("other", "more", "options", "is_found"),
    [
        ("", "", (), False),
        (OTHER, "", (), True),
        ("", LATER, (), True),
        ("", 'exec(\'DATABASES["archive"] = DATABASES["default"]\')', (), False),
        ("", 'exec(\'DATABASES["archive"] = DATABASES["default"]\')', ("--settings", "settings"), True),
        ("", "", ("--select", "MIG1"), False),
        ("", "", ("--extend-select", "MIG119"), True),
        ("", "", ("--extend-select", "use-connection-alias"), True),
    ],
)
def test_it_speaks_if_there_are_several_databases(
    tmp_path: Path, migfix: Migfix, other: str, more: str, options: tuple[str, ...], is_found: bool
) -> None:
    project(tmp_path, other, more)
    result = migfix("check", FILE, *options, cwd=tmp_path)
    assert ("MIG119" in result.stdout) == is_found, result.stdout


def test_the_database_that_is_migrated_is_changed(tmp_path: Path, migfix: Migfix) -> None:
    project(tmp_path, OTHER)
    for alias in ("default", "archive"):
        manage(tmp_path, "migrate", "blog", "0001", "--database", alias)
        with sqlite3.connect(tmp_path / f"{alias}.db") as connection:
            connection.execute("INSERT INTO blog_post (title) VALUES ('')")
    assert migfix("apply", FILE, cwd=tmp_path).returncode == 0
    manage(tmp_path, "migrate", "blog", "--database", "archive")
    assert (titles(tmp_path, "default"), titles(tmp_path, "archive")) == ([""], ["new"])
