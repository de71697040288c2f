"""``migfix doctor``: migrations that stopped half-way, and operations that leave no trace in tables."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Migfix
from projects import migration
from test_doctor import found, names
from test_doctor_fix import content, fixed, made, quoted
from test_leftovers import run_sql
from test_squash import database, django_admin

POST = """migrations.CreateModel("Post", [
    ("id", ID), ("title", models.CharField(max_length=50)), ("count", models.IntegerField(default=0)),
], options={"constraints": [models.CheckConstraint(name="counted", **{CONDITION: models.Q(count__gte=0)})]}),"""
CONDITION = """
import django

CONDITION = "condition" if django.VERSION >= (5, 1) else "check"
"""
RANK = 'migrations.AddField("post", "rank", models.IntegerField(default=0)),'
FILL = """

def fill(apps, schema_editor):
    apps.get_model("blog", "Post").objects.using(schema_editor.connection.alias).update(rank=42)


class Fill(migrations.operations.base.Operation):
    def state_forwards(self, app_label, state):
        pass

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        fill(to_state.apps, schema_editor)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        pass
"""
STEPS = {
    "apart": "migrations.SeparateDatabaseAndState([migrations.RunPython(fill, migrations.RunPython.noop)]),",
    "own operation": "Fill(),",
}
FIRST = {"blog/migrations/0001_initial.py": migration(POST, attributes="initial = True", functions=CONDITION)}


def stopped(root: Path, engine: str, settings: dict[str, object], operations: str, *done: str) -> Path:
    """A project whose database has applied the first migration, and a part of the second one."""
    made(root, engine, settings, FIRST)
    rank = f"ALTER TABLE blog_post ADD COLUMN {quoted('rank', engine)} integer NOT NULL DEFAULT 0"
    run_sql(root, "INSERT INTO blog_post (title, count) VALUES ('a', 1)", *(done or (rank,)))
    text = migration(operations, ("blog", "0001_initial"), functions=CONDITION + FILL)
    (root / "blog/migrations/0002_more.py").write_text(text)
    return root


@pytest.mark.parametrize("step", STEPS)
def test_data_steps_of_any_kind(step: str, tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    """A RunPython within another operation, or a subclass: it isn't there because the column before it is."""
    with database(some_engine, tmp_path) as settings:
        root = stopped(tmp_path / "project", some_engine, settings, f"{RANK}\n{STEPS[step]}")
        forked("doctor", "--settings", "settings", "--fix", "--yes", cwd=root)
        fixed(root, forked)
        assert [each["rank"] for each in content(root)["blog_post"]] == ["42"]


REDEFINED = """migrations.RemoveConstraint("post", "counted"),
migrations.AddConstraint("post", models.CheckConstraint(name="counted", **{CONDITION: models.Q(count__gte=-5)})),"""


def test_a_constraint_that_is_redefined(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    """Its name is there before and after."""
    with database(some_engine, tmp_path) as settings:
        root = stopped(tmp_path / "project", some_engine, settings, f"{RANK}\n{REDEFINED}")
        assert names(root, forked) == [("half-applied", "0002_more")]
        fixed(root, forked)
        run_sql(root, f"INSERT INTO blog_post (title, count, {quoted('rank', some_engine)}) VALUES ('b', -3, 0)")


def test_a_collation_behind_a_column(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    """No facet of a column tells it: the AlterField runs, which does no harm twice."""
    if each_engine == "sqlite":
        pytest.skip("SQLite shows no collation of a column")
    collation = "C" if each_engine == "postgresql" else "utf8mb4_bin"
    title = f'migrations.AlterField("post", "title", models.CharField(max_length=50, db_collation="{collation}")),'
    with database(each_engine, tmp_path) as settings:
        root = stopped(tmp_path / "project", each_engine, settings, f"{RANK}\n{title}")
        assert "COLLATE" in fixed(root, forked)


MOVED = """migrations.SeparateDatabaseAndState(state_operations=[
    migrations.CreateModel("Entry", [
        ("id", ID), ("title", models.CharField(max_length=50)), ("count", models.IntegerField(default=0)),
    ], options={"db_table": "blog_post"}),
    migrations.DeleteModel("Post"),
]),
migrations.RunPython(migrations.RunPython.noop, migrations.RunPython.noop),"""


def test_a_move_that_is_pending(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    """The table is that of the model before. Nothing is begun."""
    with database(some_engine, tmp_path) as settings:
        root = stopped(tmp_path / "project", some_engine, settings, MOVED, "SELECT 1")
        assert names(root, forked) == []


CONCURRENT = """migrations.AddField("post", "rank", models.IntegerField(default=0)),
AddIndexConcurrently("post", models.Index(fields=["title"], name="post_title")),
migrations.RunSQL("CREATE UNIQUE INDEX CONCURRENTLY own ON blog_post (count)", "DROP INDEX own"),"""


def test_concurrent_indexes(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    """They run outside a transaction, as the migration does."""
    if each_engine != "postgresql":
        pytest.skip("only PostgreSQL has these")
    with database(each_engine, tmp_path) as settings:
        root = stopped(tmp_path / "project", each_engine, settings, CONCURRENT)
        path = root / "blog/migrations/0002_more.py"
        imported = "from django.contrib.postgres.operations import AddIndexConcurrently\n"
        path.write_text(imported + path.read_text().replace("    dependencies", "    atomic = False\n    dependencies"))
        assert names(root, forked) == [("half-applied", "0002_more")]
        fixed(root, forked)


def test_a_default_that_is_another_one_each_time(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    """The plan is the same, although its time isn't. A unique column needs a value for each row."""
    moment = 'migrations.AddField("post", "made", models.DateTimeField(default=timezone.now)),'
    token = 'migrations.AddField("post", "token", models.UUIDField(default=uuid.uuid4, unique=True)),'
    with database(some_engine, tmp_path) as settings:
        root = stopped(tmp_path / "project", some_engine, settings, moment, "SELECT 1")
        path = root / "blog/migrations/0002_more.py"
        path.write_text(f"import uuid\nfrom django.utils import timezone\n{path.read_text()}")
        again = migration(token, ("blog", "0002_more"), functions="import uuid\n")
        assert django_admin(root, "migrate").returncode == 0
        run_sql(root, "ALTER TABLE blog_post DROP COLUMN made")
        assert names(root, forked) == [("missing-column", "0002_more")]
        fixed(root, forked)
        (root / "blog/migrations/0003_token.py").write_text(again)
        assert django_admin(root, "migrate").returncode == 0
        if some_engine == "sqlite":
            return  # it doesn't drop a unique column
        row = "INSERT INTO blog_post (title, count, made) VALUES ('b', 1, '2020-01-01')"
        run_sql(root, "ALTER TABLE blog_post DROP COLUMN token", row)
        result = forked("doctor", "--settings", "settings", "--fix", "--yes", cwd=root)
        assert "left: blog_post.token is unique: add it, and give each row its value." in result.stdout


def test_two_leaves(tmp_path: Path, forked: Migfix) -> None:
    with database("sqlite", tmp_path) as settings:
        root = stopped(tmp_path / "project", "sqlite", settings, RANK, "SELECT 1")
        note = migration('migrations.AddField("post", "note", models.TextField(null=True)),', ("blog", "0001_initial"))
        (root / "blog/migrations/0002_note.py").write_text(note)
        (leaves,) = found(root, forked)
        assert leaves["what"] == "blog has 2 leaves, 0002_more and 0002_note: every migrate stops."


EXPRESSION = """migrations.AddConstraint("post", models.UniqueConstraint(Upper("title"), name="title_once")),
migrations.AddIndex("post", models.Index(fields=["count"], name="post_count")),"""


def test_rows_that_an_expression_refuses(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    """They are counted, and the rest is mended."""
    if some_engine == "mariadb":
        pytest.skip("MariaDB has no indexes on expressions")
    with database(some_engine, tmp_path) as settings:
        root = stopped(tmp_path / "project", some_engine, settings, EXPRESSION, "SELECT 1")
        path = root / "blog/migrations/0002_more.py"
        path.write_text(f"from django.db.models.functions import Upper\n{path.read_text()}")
        assert django_admin(root, "migrate").returncode == 0
        on = " ON blog_post" if some_engine == "mysql" else ""
        row = "INSERT INTO blog_post (title, count) VALUES ('A', 1)"
        run_sql(root, f"DROP INDEX title_once{on}", f"DROP INDEX post_count{on}", row)
        result = forked("doctor", "--settings", "settings", "--fix", "--yes", cwd=root)
        reason = "blog_post: 1 value of title_once in more than one row: make them differ first."
        assert f"left: {reason}" in result.stdout
        assert names(root, forked) == [("missing-index", "0001_initial")]


TAG = """migrations.CreateModel("Tag", [
    ("id", ID), ("name", models.CharField(max_length=20)), ("posts", models.ManyToManyField("blog.Post")),
]),"""


def test_a_table_without_its_links(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    """CreateModel makes them last."""
    with database(some_engine, tmp_path) as settings:
        root = stopped(tmp_path / "project", some_engine, settings, TAG, "SELECT 1")
        assert django_admin(root, "migrate").returncode == 0
        forget = "DELETE FROM django_migrations WHERE name = '0002_more'"
        run_sql(root, "DROP TABLE blog_tag_posts", "INSERT INTO blog_tag (name) VALUES ('t')", forget)
        assert names(root, forked) == [("half-applied", "0002_more")]
        fixed(root, forked)
        assert [each["name"] for each in content(root)["blog_tag"]] == ["t"]


NULLABLE = 'migrations.AddField("post", "{name}", models.IntegerField(null=True)),'


def test_a_squashed_migration_that_is_applied_in_part(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    """The files that it replaces are gone: Django leaves it out, and says nothing."""
    with database(some_engine, tmp_path) as settings:
        root = stopped(tmp_path / "project", some_engine, settings, NULLABLE.format(name="a"), "SELECT 1")
        assert django_admin(root, "migrate").returncode == 0
        (root / "blog/migrations/0002_more.py").unlink()
        both = "\n".join(NULLABLE.format(name=name) for name in "ab")
        replaces = "replaces = [('blog', '0002_more'), ('blog', '0003_b')]"
        squashed = migration(both, ("blog", "0001_initial"), attributes=replaces)
        (root / "blog/migrations/0002_squashed.py").write_text(squashed)
        assert "No migrations to apply" in django_admin(root, "migrate").stdout
        (part,) = [each for each in found(root, forked) if each["name"] == "inconsistent-history"]
        assert part["what"] == (
            "blog.0002_squashed replaces migrations that are applied in part, and the files of the others are gone: "
            "blog.0003_b. Django leaves the squashed migration out, and the rest never runs."
        )


def test_an_app_that_was_removed(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    """Its records and tables stay, and its foreign keys keep rows of other apps from being deleted."""
    with database(some_engine, tmp_path) as settings:
        root = made(tmp_path / "project", some_engine, settings, FIRST)
        run_sql(
            root,
            "CREATE TABLE shop_item (id integer NOT NULL)",
            "INSERT INTO django_migrations (app, name, applied) VALUES ('shop', '0001_initial', CURRENT_TIMESTAMP)",
        )
        (left,) = found(root, forked)
        assert (left["name"], left["what"]) == ("table-of-no-model", "the table shop_item belongs to no model.")
