"""``migfix doctor --fix`` leaves alone what it can't be sure of: nothing is recorded, added or written over it."""

from __future__ import annotations

from pathlib import Path

import django
import pytest
from conftest import Migfix
from projects import POST, git, migration, write_project
from test_deployed_files import SETTINGS
from test_doctor import names
from test_doctor_fix import AUTHOR, FILES, committed, content, drop_constraint, fixed, made, quoted
from test_leftovers import run_sql
from test_squash import database, django_admin

FOURTH = "blog/migrations/0004_next.py"


def pending(root: Path, operations: str) -> None:
    (root / FOURTH).write_text(migration(operations, ("blog", "0003_later"), attributes="atomic = False"))


def left(root: Path, forked: Migfix) -> str:
    """What --fix says, where it changes no row."""
    before = content(root)
    result = forked("doctor", "--settings", "settings", "--fix", "--yes", cwd=root)
    assert result.returncode == 1, result.stdout + result.stderr
    assert content(root) == before
    return result.stdout


@pytest.mark.parametrize(
    "operation",
    [
        'migrations.AddIndex("post", models.Index(fields=["author"], name="post_author_i")),',
        'migrations.AddIndex("author", models.Index(fields=["email"], name="author_email_i")),',
        'migrations.AlterField("post", "title", models.CharField(max_length=50, db_index=True)),',
    ],
)
def test_another_index_is_not_the_one(tmp_path: Path, some_engine: str, forked: Migfix, operation: str) -> None:
    """The key, the unique column and a longer index have one already. The migration hasn't run."""
    with database(some_engine, tmp_path) as settings:
        root = made(tmp_path / "project", some_engine, settings)
        pending(root, operation)
        result = forked("doctor", "--settings", "settings", "--fix", "--yes", cwd=root)
        assert result.returncode == 0, result.stdout
        assert "[ ] 0004_next" in django_admin(root, "showmigrations", "blog").stdout
        assert django_admin(root, "migrate").returncode == 0


def test_killed_behind_a_rename(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    with database(some_engine, tmp_path) as settings:
        root = made(tmp_path / "project", some_engine, settings)
        number = "models.IntegerField(null=True)"
        add, rename = f'migrations.AddField("post", "{{}}", {number}),', 'migrations.RenameField("post", "z", "y"),'
        pending(root, f"{add.format('z')}{rename}{add.format('x')}")
        run_sql(root, "ALTER TABLE blog_post ADD COLUMN y integer NULL", "UPDATE blog_post SET y = 5")
        shown = fixed(root, forked)
        assert "Add field x to post" in shown
        assert "Add field z to post" not in shown
        assert [row["y"] for row in content(root)["blog_post"]] == ["5", "5"]


def test_killed_before_a_rename_to_the_old_name(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    """The values are in the new column. Its old name is free, and nothing must be added there."""
    text = "models.CharField(max_length=50, null=True)"
    old = migration(f'migrations.AddField("author", "old", {text}),', ("blog", "0003_later"))
    steps = (
        f'migrations.AddField("author", "fresh", {text}),'
        'migrations.RunSQL("UPDATE blog_author SET fresh = old", migrations.RunSQL.noop),'
        'migrations.RemoveField("author", "old"), migrations.RenameField("author", "fresh", "old"),'
    )
    with database(some_engine, tmp_path) as settings:
        root = made(tmp_path / "project", some_engine, settings, {**FILES, FOURTH: old})
        new = migration(steps, ("blog", "0004_next"), attributes="atomic = False")
        (root / "blog/migrations/0005_swap.py").write_text(new)
        run_sql(
            root,
            "ALTER TABLE blog_author ADD COLUMN fresh varchar(50) NULL",
            "UPDATE blog_author SET fresh = name",
            "ALTER TABLE blog_author DROP COLUMN old",
        )
        assert "Rename field fresh on author to old" in fixed(root, forked)
        assert [row["old"] for row in content(root)["blog_author"]] == ["A"]


def test_all_records_are_gone(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    """Also those of apps whose tables have other names, and of data functions between them; or the table itself."""
    with database(some_engine, tmp_path) as settings:
        root = made(tmp_path / "project", some_engine, settings)
        apps = '["django.contrib.contenttypes", "django.contrib.auth", "blog"]'
        path = root / "settings.py"
        path.write_text(path.read_text().replace('["blog"]', apps))
        assert django_admin(root, "migrate").returncode == 0
        recorded = django_admin(root, "showmigrations").stdout
        for statement in ("DELETE FROM django_migrations", "DROP TABLE django_migrations"):
            run_sql(root, statement)
            fixed(root, forked)
            assert django_admin(root, "showmigrations").stdout == recorded


def test_a_table_of_another_shape(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    with database(some_engine, tmp_path) as settings:
        root = made(tmp_path / "project", some_engine, settings)
        pending(root, 'migrations.CreateModel("Place", [("id", ID), ("name", models.CharField(max_length=50))]),')
        run_sql(root, "CREATE TABLE blog_place (code integer)", "INSERT INTO blog_place (code) VALUES (7)")
        assert [name for name, _ in names(root, forked)] == ["half-applied"]
        assert "left: blog.0004_next: a part of `Create model Place` is there" in left(root, forked)


def test_a_column_and_a_table_renamed_by_hand(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    with database(some_engine, tmp_path) as settings:
        root = made(tmp_path / "project", some_engine, settings)
        run_sql(root, f"ALTER TABLE blog_post RENAME COLUMN {quoted('rank', some_engine)} TO place")
        shown = left(root, forked)
        assert "left: blog_post.rank may be there as place, which no field has: rename the column by hand" in shown
        run_sql(root, f"ALTER TABLE blog_post RENAME COLUMN place TO {quoted('rank', some_engine)}")
        run_sql(root, "ALTER TABLE blog_tag RENAME TO blog_label")
        shown = left(root, forked)
        assert "left: blog_tag may be there as blog_label, which no model has: rename the table by hand" in shown


def test_files_made_anew(tmp_path: Path, forked: Migfix) -> None:
    """The old files aren't written back: a new database would fail at what both make."""
    with database("sqlite", tmp_path) as settings:
        root = made(tmp_path / "project", "sqlite", settings)
        committed(root, "deploy")
        for path in root.glob("blog/migrations/0*.py"):
            path.unlink()
        rank = 'migrations.AddField("post", "rank", models.IntegerField(default=7)),'
        note = 'migrations.AddField("author", "note", models.TextField(null=True)),'
        anew = migration(f"{POST}{AUTHOR}{rank}{note}", attributes="initial = True")
        write_project(root, {"blog/migrations/0001_initial.py": anew})
        (root / "settings.py").write_text(f"{SETTINGS}DATABASES = {{'default': {settings!r}}}\n")
        result = forked("doctor", "--settings", "settings", "--fix", "--yes", cwd=root)
        assert result.returncode == 1
        assert not (root / "blog/migrations/0002_more.py").exists()
        assert (
            "blog.0002_more is recorded as applied, its file is gone, and the files that are there make the same.\n"
            '  next: Name it there in `replaces = [("blog", "0002_more")]`, or drop the row: python manage.py migrate '
            "blog --prune.\n"
        ) in result.stdout


def test_covering_indexes_and_long_names(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    """PostgreSQL cuts long names, and lists the columns that an index only covers."""
    name = "a_name_that_is_longer_than_postgresql_allows_for_an_index_or_a_constraint"[:70]
    operations = (
        'migrations.AddIndex("post", models.Index(fields=["title"], include=["rank"], name="post_covering")),'
        'migrations.AddConstraint("author", models.UniqueConstraint(fields=["name"], include=["id"], name="c")),'
    )
    if some_engine in ("postgresql", "sqlite"):
        check = "condition" if django.VERSION >= (5, 1) else "check"
        condition = f"models.CheckConstraint({check}=models.Q(rank__gt=0), name={name!r})"
        operations += f'migrations.AddConstraint("post", {condition}),'
    with database(some_engine, tmp_path) as settings:
        root = made(tmp_path / "project", some_engine, settings)
        pending(root, operations)
        assert django_admin(root, "migrate").returncode == 0
        result = forked("doctor", "--settings", "settings", cwd=root)
        assert result.returncode == 0, result.stdout


def test_an_applied_file_that_cannot_be_read(tmp_path: Path, forked: Migfix) -> None:
    """It isn't gone, and --fix doesn't write over it."""
    with database("sqlite", tmp_path) as settings:
        root = made(tmp_path / "project", "sqlite", settings)
        committed(root, "deploy")
        (root / "blog/migrations/0003_later.py").write_text("def\n")
        result = forked("doctor", "--settings", "settings", "--fix", "--yes", cwd=root)
        assert "its file is gone" not in result.stdout
        assert (root / "blog/migrations/0003_later.py").read_text() == "def\n"


def test_a_deleted_file_that_another_branch_changed(tmp_path: Path, forked: Migfix) -> None:
    """It is part of this code, and not newer."""
    with database("sqlite", tmp_path) as settings:
        root = made(tmp_path / "project", "sqlite", settings)
        committed(root, "deploy")
        git("checkout", "-b", "other", cwd=root)
        path = root / "blog/migrations/0003_later.py"
        path.write_text(path.read_text() + "# later\n")
        committed(root, "comment")
        git("checkout", "main", cwd=root)
        path.unlink()
        assert "write " in fixed(root, forked)
        assert "# later" not in path.read_text()


def test_rows_that_a_constraint_refuses(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    """What can't be made is named, and keeps nothing else from being made."""
    if some_engine == "sqlite":
        pytest.skip("SQLite drops no constraint")
    with database(some_engine, tmp_path) as settings:
        root = made(tmp_path / "project", some_engine, settings)
        drop_constraint(root, some_engine, "blog_author", "unique")
        drop_constraint(root, some_engine, "blog_post", "foreign_key")
        run_sql(
            root,
            "INSERT INTO blog_author (email, name) VALUES ('a@example.com', 'B')",
            "UPDATE blog_post SET author_id = 77 WHERE title = 'a'",
            "DROP TABLE blog_tag_posts",
        )
        if some_engine == "postgresql":
            broken = "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'email_once'::regclass"
            run_sql(root, "CREATE UNIQUE INDEX email_once ON blog_author (email, id)", broken)
        shown = forked("doctor", "--settings", "settings", "--fix", "--yes", cwd=root).stdout
        assert "create blog_tag_posts" in shown
        assert "left: blog_author: 1 value of email in more than one row: make them differ first." in shown
        place = "blog_post.author_id points at rows of blog_author that aren't there"
        assert f"left: {place}, in 1 row: mend them first." in shown
        assert "missing-table" not in dict(names(root, forked))


def test_the_key_to_a_parent(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    """It is the primary key, too."""
    if some_engine == "sqlite":
        pytest.skip("SQLite drops no constraint")
    parent = """("author_ptr", models.OneToOneField("blog.Author", models.CASCADE, parent_link=True,
        primary_key=True, auto_created=True, serialize=False)), ("pay", models.IntegerField(null=True))"""
    child = f'migrations.CreateModel("Writer", [{parent}], bases=("blog.author",)),'
    files = FILES | {FOURTH: migration(child, ("blog", "0003_later"))}
    with database(some_engine, tmp_path) as settings:
        root = made(tmp_path / "project", some_engine, settings, files)
        assert names(root, forked) == []
        drop_constraint(root, some_engine, "blog_writer", "foreign_key")
        assert names(root, forked) == [("missing-constraint", "0004_next")]
        fixed(root, forked)
