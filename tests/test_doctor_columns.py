"""``migfix doctor``: primary keys, defaults of the database, and what undoes a change of type."""

from __future__ import annotations

import re
from pathlib import Path

import django
import pytest
from conftest import Migfix
from projects import migration
from test_doctor import names
from test_doctor_fix import FILES, content, fixed, made
from test_leftovers import run_sql
from test_squash import database

KEYS = """migrations.CreateModel("Place", [("id", ID), ("name", models.CharField(max_length=20))]),
migrations.CreateModel("Bar", [
    ("place_ptr", models.OneToOneField(
        to="blog.place", on_delete=models.CASCADE, parent_link=True, primary_key=True, serialize=False)),
    ("code", models.CharField(max_length=20, null=True)),
], bases=("blog.place",)),
migrations.CreateModel("Visit", [
    ("code", models.CharField(max_length=20, primary_key=True, serialize=False)),
    ("bar", models.ForeignKey("blog.Bar", models.CASCADE)),
]),"""
DROPPED = {
    "postgresql": (
        "ALTER TABLE blog_bar DROP CONSTRAINT blog_bar_pkey CASCADE",
        "ALTER TABLE blog_visit DROP CONSTRAINT blog_visit_pkey",
    ),
    "mysql": ("ALTER TABLE blog_visit DROP PRIMARY KEY",),
    "mariadb": ("ALTER TABLE blog_visit DROP PRIMARY KEY",),
}


def test_primary_keys(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    """Of a key of one's own and, with the key that points at it, of a child model."""
    if each_engine == "sqlite":
        pytest.skip("SQLite can't drop a primary key by hand")
    files = {"blog/migrations/0001_initial.py": migration(KEYS, attributes="initial = True")}
    with database(each_engine, tmp_path) as settings:
        root = made(tmp_path / "project", each_engine, settings, files)
        run_sql(
            root,
            "INSERT INTO blog_place (name) VALUES ('a'), ('b')",
            "INSERT INTO blog_bar (place_ptr_id, code) VALUES (1, 'x'), (2, NULL)",
            "INSERT INTO blog_visit (code, bar_id) VALUES ('v', 2)",
        )
        before = content(root)
        assert names(root, forked) == []
        run_sql(root, *DROPPED[each_engine])
        expected = 3 if each_engine == "postgresql" else 1
        assert names(root, forked) == [("missing-constraint", "0001_initial")] * expected
        assert "ADD PRIMARY KEY (" in fixed(root, forked)
        assert content(root) == before

        run_sql(root, *DROPPED[each_engine], "INSERT INTO blog_visit (code, bar_id) VALUES ('v', 1)")
        result = forked("doctor", "--settings", "settings", "--fix", "--yes", cwd=root)
        assert result.returncode == 1
        assert "left: blog_visit: 1 value of code in more than one row: make them differ first." in result.stdout


STATE = """migrations.CreateModel("Post", [
    ("id", ID),
    ("state", models.CharField(max_length=20, db_default="new")),
    ("made", models.DateTimeField(db_default=Now())),
    ("empty", models.IntegerField(db_default=None, null=True)),
]),"""


@pytest.mark.skipif(django.VERSION < (5, 0), reason="db_default came with Django 5.0")
def test_defaults_of_the_database(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    if each_engine == "sqlite":
        pytest.skip("SQLite can't drop a default by hand")
    text = migration(STATE, attributes="initial = True")
    text = text.replace("\nclass Migration", "from django.db.models.functions import Now\n\n\nclass Migration")
    with database(each_engine, tmp_path) as settings:
        root = made(tmp_path / "project", each_engine, settings, {"blog/migrations/0001_initial.py": text})
        run_sql(root, "INSERT INTO blog_post (state) VALUES ('old')")
        before = content(root)
        assert names(root, forked) == []
        run_sql(root, *(f"ALTER TABLE blog_post ALTER COLUMN {each} DROP DEFAULT" for each in ("state", "made")))
        assert names(root, forked) == [("missing-default", "0001_initial")] * 2
        fixed(root, forked)
        assert content(root) == before
        run_sql(root, "INSERT INTO blog_post (id) VALUES (9)")
        assert content(root)["blog_post"][-1]["state"] == "new"


def test_a_change_of_type_is_undone(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    changes = {
        "postgresql": (
            "ALTER TABLE blog_author ALTER email TYPE varchar(30)",
            "ALTER TABLE blog_author ALTER email DROP NOT NULL",
        ),
        "mysql": ("ALTER TABLE blog_author MODIFY email varchar(30) NULL DEFAULT 'x' COMMENT 'by hand'",),
    }
    changes["mariadb"] = changes["mysql"]
    if each_engine == "sqlite":
        pytest.skip("SQLite can't change a column by hand")
    with database(each_engine, tmp_path) as settings:
        root = made(tmp_path / "project", each_engine, settings, FILES)
        run_sql(root, *changes[each_engine])
        shown = fixed(root, forked)
        script = re.search(r"\S+\.sql", shown)
        assert script
        statements = (root / script[0]).read_text().splitlines()
        assert not any(each.startswith("--") for each in statements)
        run_sql(root, *statements)
        assert names(root, forked) == [("wrong-type", "0001_initial"), ("wrong-null", "0001_initial")]
