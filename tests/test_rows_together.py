"""Placeholder rows of several fixes for one model, in either order, if a migration inserts the first rows."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Migfix
from projects import POST, migration, write_project

ROWS = """
def add_posts(apps, schema_editor):
    Post = apps.get_model("blog", "Post")
    for title in ("a", "b", "c"):
        Post.objects.using(schema_editor.connection.alias).create(title=title)
"""
OWNER = """migrations.CreateModel("Owner", [
    ("id", ID), ("name", models.CharField(max_length=20, unique=True)),
]),"""
UNIQUE = """migrations.AddField("post", "owner", models.OneToOneField(
    default=1, on_delete=models.CASCADE, to="blog.owner"), preserve_default=False,
),"""
SHARED = """migrations.AddField("post", "editor", models.ForeignKey(
    default=1, on_delete=models.CASCADE, to="blog.owner", related_name="+"), preserve_default=False,
),"""


@pytest.mark.parametrize("added", [(UNIQUE, SHARED), (SHARED, UNIQUE)], ids=["unique first", "unique last"])
def test_unique_and_shared_key_to_a_new_model(added: tuple[str, str], tmp_path: Path, migfix: Migfix) -> None:
    root = write_project(
        tmp_path,
        {
            "blog/migrations/0001_initial.py": migration(POST),
            "blog/migrations/0002_rows.py": migration(
                "migrations.RunPython(add_posts, migrations.RunPython.noop),", ("blog", "0001_initial"), functions=ROWS
            ),
            "blog/migrations/0003_owner.py": migration("\n".join((OWNER, *added)), ("blog", "0002_rows")),
        },
    )
    applied = migfix("apply", "blog/migrations/0003_owner.py", cwd=root)
    assert applied.returncode == 0, applied.stdout
    environment = {**os.environ, "DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(root)}
    for target in ([], ["blog", "0001"], []):
        command = [sys.executable, "-m", "django", "migrate", *target]
        result = subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stderr
    with sqlite3.connect(root / "db.sqlite3") as connection:
        rows = connection.execute("SELECT count(*), count(DISTINCT owner_id), min(editor_id) FROM blog_post").fetchone()
        assert not connection.execute("PRAGMA foreign_key_check").fetchall()
    connection.close()
    assert rows[0] == rows[1] >= 3
    assert rows[2] == 1
