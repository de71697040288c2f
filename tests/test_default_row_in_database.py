"""MIG101 with ``--database``: the row that a default points at is looked up in a table that is there already."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Migfix
from projects import POST, migration, write_project
from test_deployed_files import SETTINGS
from test_leftovers import run_sql
from test_squash import database, django_admin

CATEGORY = 'migrations.CreateModel("Category", [("id", ID), ("name", models.CharField(max_length=50))]),'
FIRST = {"blog/migrations/0001_initial.py": migration(f"{CATEGORY}\n{POST}", attributes="initial = True")}
KEY = """migrations.AddField(
    "post", "category", models.ForeignKey("blog.Category", models.CASCADE, default=1), preserve_default=False
),"""
FILE = "blog/migrations/0002_key.py"
NAMED = [FILE, "--settings", "settings", "--database", "default"]


def project(root: Path, settings: dict[str, object], category: int, operation: str = KEY) -> Path:
    """A project whose database has applied the first of two migrations, and has a post and a category."""
    write_project(root, FIRST)
    text = SETTINGS.replace('["blog"]', '["django.contrib.contenttypes", "django.contrib.auth", "blog"]')
    (root / "settings.py").write_text(f"{text}DATABASES = {{'default': {settings!r}}}\n")
    migrated = django_admin(root, "migrate")
    assert migrated.returncode == 0, migrated.stderr
    insert = f"INSERT INTO blog_category (id, name) VALUES ({category}, 'a')"
    run_sql(root, insert, "INSERT INTO blog_post (title) VALUES ('p')")
    dependencies = [("blog", "0001_initial"), ("auth", "0001_initial")]
    (root / FILE).write_text(migration(operation, *dependencies))
    return root


@pytest.mark.parametrize("category", [1, 7])
def test_a_table_that_is_there(category: int, tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    with database(each_engine, tmp_path) as settings:
        root = project(tmp_path / "project", settings, category)
        before = (root / FILE).read_bytes()
        result = forked("apply", *NAMED, "--select", "MIG101", cwd=root)
        assert result.returncode == 0, result.stdout + result.stderr
        assert ((root / FILE).read_bytes() == before) == (category == 1)
        assert ("blog.Category has no row 1" in result.stdout) == (category == 7)
        for target in ("0002", "0001", "0002"):
            migrated = django_admin(root, "migrate", "blog", target)
            assert migrated.returncode == 0, migrated.stderr


def test_without_it_the_key_fails(tmp_path: Path, each_engine: str) -> None:
    with database(each_engine, tmp_path) as settings:
        root = project(tmp_path / "project", settings, 7)
        assert django_admin(root, "migrate").returncode


def test_a_user_is_not_invented(tmp_path: Path, forked: Migfix) -> None:
    with database("sqlite", tmp_path) as settings:
        root = project(tmp_path / "project", settings, 7)
        user = ["--auth-user-model", "blog.Category"]
        result = forked("check", *NAMED, "--select", "MIG101", *user, cwd=root)
        assert result.returncode == 1
        assert (
            "can't fix: existing blog.Post rows will get category=1, but blog.Category has no row 1.\n"
            "  next: Create that row in each database first, or use a default that is there, or let the field be null. "
            "migfix doesn't invent users, nor rows of installed packages.\n"
        ) in result.stdout
