"""``migfix doctor``: each state is made as people make it, and named on every engine."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from conftest import IS_SERVERS_LEG, Migfix
from projects import POST, migration, write_project
from test_deployed_files import SETTINGS
from test_leftovers import run_sql
from test_squash import database, django_admin

FIELDS = """migrations.AddField("post", "rank", models.IntegerField(default=0)),
migrations.CreateModel("Tag", [
    ("id", ID), ("name", models.CharField(max_length=50)), ("posts", models.ManyToManyField("blog.Post")),
]),"""
COMMENT = """migrations.CreateModel("Comment", [
    ("id", ID), ("post", models.ForeignKey("blog.Post", models.CASCADE)),
]),"""
FILES = {
    "blog/migrations/0001_initial.py": migration(POST, attributes="initial = True"),
    "blog/migrations/0002_tag.py": migration(FIELDS, ("blog", "0001_initial")),
    "blog/migrations/0003_comment.py": migration(COMMENT, ("blog", "0002_tag")),
}
FORGET = "DELETE FROM django_migrations WHERE app = 'blog' AND name = '{}'"


def made(root: Path, settings: dict[str, object]) -> Path:
    """A project whose database has applied all of its migrations."""
    write_project(root, FILES)
    (root / "settings.py").write_text(f"{SETTINGS}DATABASES = {{'default': {settings!r}}}\n")
    assert django_admin(root, "migrate").returncode == 0
    return root


def found(root: Path, migfix: Migfix, *arguments: str) -> list[dict[str, Any]]:
    result = migfix("doctor", *arguments, "--settings", "settings", "--json", cwd=root)
    assert result.returncode in (0, 1), result.stderr
    data = json.loads(result.stdout)
    assert data["version"] == 1
    assert result.returncode == bool(data["findings"])
    return list(data["findings"])


def names(root: Path, migfix: Migfix) -> list[tuple[str, str]]:
    return [(each["name"], each["migration"] or each["column"]) for each in found(root, migfix)]


def test_the_story(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    """Columns and tables dropped by hand, rows deleted, an order made inconsistent, files that are gone."""
    with database(each_engine, tmp_path) as settings:
        root = made(tmp_path / "project", settings)
        assert names(root, forked) == []
        healthy = forked("doctor", "--settings", "settings", cwd=root)
        assert healthy.stdout == "default: healthy: files, records and tables agree\n"
        quoted = "`rank`" if each_engine in ("mysql", "mariadb") else "rank"

        added = f"ALTER TABLE blog_post ADD COLUMN {quoted} integer NOT NULL DEFAULT 0"
        run_sql(root, f"ALTER TABLE blog_post DROP COLUMN {quoted}", "DROP TABLE blog_comment")
        assert names(root, forked) == [("missing-table", "0003_comment"), ("missing-column", "0002_tag")]
        first, second = found(root, forked)
        assert first["what"] == (
            "the table blog_comment of blog.Comment isn't there, and the migrations that make it are applied."
        )
        assert second["what"] == (
            "the column rank of blog_post isn't there, and the migrations that make it are applied."
        )
        assert second["next_step"] == "Let doctor make it again: migfix doctor --fix shows the statements."

        run_sql(root, FORGET.format("0003_comment"), added)
        assert names(root, forked) == []  # as before 0003

        run_sql(root, FORGET.format("0002_tag"))
        assert names(root, forked) == [("not-recorded", "0002_tag")]
        assert found(root, forked)[0]["next_step"].endswith("python manage.py migrate blog 0002_tag --fake.")
        run_sql(root, f"ALTER TABLE blog_post DROP COLUMN {quoted}")
        assert names(root, forked) == [("half-applied", "0002_tag")]
        assert "a part of it is there: CreateModel on line" in found(root, forked)[0]["what"]

        run_sql(root, added)
        values = "VALUES ('blog', '0003_comment', CURRENT_TIMESTAMP)"
        run_sql(root, f"INSERT INTO django_migrations (app, name, applied) {values}")
        assert ("inconsistent-history", "0003_comment") in names(root, forked)
        assert django_admin(root, "migrate").returncode


def test_files(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    """A file is gone, another one isn't Python, and doctor still runs, which Django doesn't."""
    with database(each_engine, tmp_path) as settings:
        root = made(tmp_path / "project", settings)
        (root / "blog/migrations/0003_comment.py").unlink()
        assert names(root, forked)[0] == ("missing-file", "0003_comment")
        (root / "blog/migrations/0004_broken.py").write_text("class Migration(migrations.Migration:\n")
        assert django_admin(root, "migrate").returncode
        assert [name for name, _ in names(root, forked)][:2] == ["unreadable-file", "missing-file"]


def test_a_column_of_no_field(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    with database(each_engine, tmp_path) as settings:
        root = made(tmp_path / "project", settings)
        run_sql(root, "ALTER TABLE blog_post ADD COLUMN legacy integer")
        assert names(root, forked) == [("column-of-no-field", "legacy")]


def test_a_circle(tmp_path: Path, forked: Migfix) -> None:
    """Django can't load the files. They are read from source, and doctor says that this is less."""
    with database("sqlite", tmp_path) as settings:
        root = made(tmp_path / "project", settings)
        path = root / "blog/migrations/0001_initial.py"
        path.write_text(path.read_text().replace("dependencies = []", "dependencies = [('blog', '0003_comment')]"))
        assert "CircularDependencyError" in django_admin(root, "migrate").stderr
        assert names(root, forked) == [("not-compared", "")]
        shown = forked("doctor", "--settings", "settings", cwd=root).stdout
        assert "default: not-compared: Django can't load settings: " in shown
        assert "CircularDependencyError: blog.000" in shown
        assert "So only tables and columns were compared, as migfix reads them from source." in shown


def test_an_invalid_index(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    if each_engine != "postgresql":
        pytest.skip("only PostgreSQL builds indexes concurrently")
    with database(each_engine, tmp_path) as settings:
        root = made(tmp_path / "project", settings)
        broken = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'post_title'::regclass"
        run_sql(root, "CREATE INDEX post_title ON blog_post (title)", broken)
        assert names(root, forked) == [("invalid-index", "")]


def test_an_app_that_isnt_there(tmp_path: Path, forked: Migfix) -> None:
    root = write_project(tmp_path, FILES)
    result = forked("doctor", "shop", "--settings", "settings", cwd=root)
    assert result.returncode == 2
    assert result.stderr == "error: There is no app `shop` with migrations. The project has blog.\n"


def test_a_large_third_party_project_is_healthy(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    """More than 40 apps of other people, with tables that data functions make, and models that move."""
    try:
        for package in ("wagtail", "oscar", "allauth"):
            __import__(package)
    except ImportError as error:
        if IS_SERVERS_LEG:
            raise
        pytest.skip(f"third-party packages are missing: {error}; pip install -e '.[packages]'")
    shutil.copytree(Path(__file__).parent / "third_party", tmp_path / "third_party")
    with database(each_engine, tmp_path) as settings:
        own = f"from third_party.settings import *\n\nDATABASES = {{'default': {settings!r}}}\n"
        (tmp_path / "settings.py").write_text(own)
        migrated = django_admin(tmp_path, "migrate", "--skip-checks", "-v", "0")
        assert migrated.returncode == 0, migrated.stderr
        result = forked("doctor", "--settings", "settings", cwd=tmp_path)
        assert result.stdout == "default: healthy: files, records and tables agree\n"
        run_sql(tmp_path, "DROP TABLE taggit_taggeditem", "ALTER TABLE wagtailcore_page DROP COLUMN seo_title")
        listed = [(each["name"], each["table"], each["column"]) for each in found(tmp_path, forked)]
        assert listed == [
            ("missing-table", "taggit_taggeditem", ""),
            ("missing-column", "wagtailcore_page", "seo_title"),
        ]
