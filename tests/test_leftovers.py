"""MIG602 on databases: what an earlier attempt left is named, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Migfix
from projects import POST, migration, write_project
from test_deployed_files import SETTINGS
from test_squash import database, django_admin

FIRST = {"blog/migrations/0001_initial.py": migration(POST, attributes="initial = True")}
TAG = """migrations.AddField("post", "rank", models.IntegerField(default=0)),
migrations.CreateModel("Tag", [("id", ID), ("name", models.CharField(max_length=50))]),"""
SECOND = {"blog/migrations/0002_tag.py": migration(TAG, ("blog", "0001_initial"))}
NAMED = ["blog/migrations/0002_tag.py", "--settings", "settings", "--database", "default"]


def project(root: Path, settings: dict[str, object]) -> Path:
    """A project whose database has applied the first of two migrations."""
    write_project(root, FIRST)
    (root / "settings.py").write_text(f"{SETTINGS}DATABASES = {{'default': {settings!r}}}\n")
    assert django_admin(root, "migrate").returncode == 0
    write_project(root, SECOND)
    (root / "settings.py").write_text(f"{SETTINGS}DATABASES = {{'default': {settings!r}}}\n")
    return root


def run_sql(root: Path, *statements: str) -> None:
    """Run statements, each in a transaction of its own."""
    code = f"from django.db import connection; [connection.cursor().execute(each) for each in {statements!r}]"
    done = django_admin(root, "shell", "-v", "0", "-c", code)
    assert done.returncode == 0, done.stderr


def test_a_column_and_a_table_that_are_there(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    with database(each_engine, tmp_path) as settings:
        root = project(tmp_path / "project", settings)
        assert forked("check", *NAMED, cwd=root).returncode == 0
        quoted = "`rank`" if each_engine in ("mysql", "mariadb") else "rank"
        run_sql(root, f"ALTER TABLE blog_post ADD COLUMN {quoted} integer", "CREATE TABLE blog_tag (id integer)")
        result = forked("check", *NAMED, cwd=root)
        assert result.returncode == 1
        found = [line.partition(": can't fix: ")[2] for line in result.stdout.splitlines() if "can't fix" in line]
        assert found == [
            "the database default has the column rank of blog_post already, and hasn't applied this migration: migrate "
            "stops here.",
            "the database default has the table blog_tag already, and hasn't applied this migration: migrate stops "
            "here.",
        ]
        assert (
            "  next: If an earlier attempt left it, remove it: DROP TABLE blog_tag; If it is what this migration "
            "makes, record that: python manage.py migrate blog 0002_tag --fake.\n"
        ) in result.stdout
        if each_engine != "sqlite":
            assert django_admin(root, "migrate").returncode


def test_an_invalid_index(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    if each_engine != "postgresql":
        pytest.skip("only PostgreSQL builds indexes concurrently")
    index = """AddIndexConcurrently("post", models.Index(fields=["title"], name="post_title")),"""
    second = migration(index, ("blog", "0001_initial"), attributes="atomic = False")
    imported = "from django.contrib.postgres.operations import AddIndexConcurrently\nfrom django"
    source = second.replace("from django", imported, 1)
    with database(each_engine, tmp_path) as settings:
        root = project(tmp_path / "project", settings)
        (root / "blog/migrations/0002_tag.py").write_text(source)
        run_sql(
            root,
            "CREATE INDEX post_title ON blog_post (title)",
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'post_title'::regclass",
        )
        result = forked("check", *NAMED, cwd=root)
        assert "the database default has the invalid index post_title already" in result.stdout
        assert "  next: Remove it: DROP INDEX CONCURRENTLY post_title;\n" in result.stdout


def test_a_link_table_and_an_index_that_are_there(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    operations = (
        'migrations.CreateModel("Tag", [("id", ID), ("posts", models.ManyToManyField("blog.post"))]),'
        'migrations.AddField("post", "friends", models.ManyToManyField("blog.post")),'
        'migrations.AddIndex("post", models.Index(fields=["title"], name="post_title")),'
    )
    with database(each_engine, tmp_path) as settings:
        root = project(tmp_path / "project", settings)
        (root / "blog/migrations/0002_tag.py").write_text(migration(operations, ("blog", "0001_initial")))
        assert "MIG602" not in forked("check", *NAMED, cwd=root).stdout
        run_sql(
            root,
            "CREATE TABLE blog_tag_posts (id integer)",
            "CREATE TABLE blog_post_friends (id integer)",
            f"CREATE INDEX post_title ON blog_post (title{'(20)' if each_engine in ('mysql', 'mariadb') else ''})",
        )
        result = forked("check", *NAMED, cwd=root)
        place = " ON blog_post" if each_engine in ("mysql", "mariadb") else ""
        for what, sql in (
            ("table blog_tag_posts", "DROP TABLE blog_tag_posts;"),
            ("table blog_post_friends", "DROP TABLE blog_post_friends;"),
            ("index post_title", f"DROP INDEX post_title{place};"),
        ):
            assert f"the database default has the {what} already, and hasn't applied this migration" in result.stdout
            assert f"  next: If an earlier attempt left it, remove it: {sql} If it is what this" in result.stdout
        assert django_admin(root, "migrate").returncode
        drops = ["DROP TABLE blog_tag_posts", "DROP TABLE blog_post_friends", f"DROP INDEX post_title{place}"]
        run_sql(root, *drops)
        if each_engine in ("sqlite", "postgresql"):  # the others keep what came before the error
            assert django_admin(root, "migrate").returncode == 0
            assert "MIG602" not in forked("check", *NAMED, cwd=root).stdout


def test_names_that_applied_migrations_made(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    """An index and links that a pending migration removes and makes anew are no leftovers."""
    made = (
        'migrations.AddField("post", "friends", models.ManyToManyField("blog.post")),'
        'migrations.AddIndex("post", models.Index(fields=["title"], name="post_title")),'
    )
    anew = (
        'migrations.RemoveField("post", "friends"), migrations.RemoveIndex("post", "post_title"),'
        'migrations.AddField("post", "friends", models.ManyToManyField("blog.post", related_name="+")),'
        'migrations.AddIndex("post", models.Index(fields=["-title"], name="post_title")),'
    )
    with database(each_engine, tmp_path) as settings:
        root = project(tmp_path / "project", settings)
        (root / "blog/migrations/0002_tag.py").write_text(migration(made, ("blog", "0001_initial")))
        assert django_admin(root, "migrate").returncode == 0
        (root / "blog/migrations/0003_anew.py").write_text(migration(anew, ("blog", "0002_tag")))
        result = forked("check", "blog/migrations/0003_anew.py", *NAMED[1:], "--select", "MIG602", cwd=root)
        assert result.returncode == 0, result.stdout


def test_what_pending_migrations_still_change(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    """The table is there, because the migration that deletes it isn't applied yet."""
    delete = migration('migrations.DeleteModel("Post"),', ("blog", "0001_initial"))
    again = migration(POST, ("blog", "0002_tag"))
    with database(each_engine, tmp_path) as settings:
        root = project(tmp_path / "project", settings)
        (root / "blog/migrations/0002_tag.py").write_text(delete)
        (root / "blog/migrations/0003_post.py").write_text(again)
        result = forked("check", "blog", *NAMED[1:], "--select", "MIG602", cwd=root)
        assert result.returncode == 0, result.stdout
