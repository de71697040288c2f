"""``migfix doctor --fix``: each state is made as people make it. Afterwards files, records and tables agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import django
import pytest
from conftest import Migfix
from projects import POST, git, migration, write_project
from test_deployed_files import SETTINGS
from test_doctor import FORGET, names
from test_leftovers import run_sql
from test_squash import database, django_admin
from test_squash_finish import dump

AUTHOR = """migrations.CreateModel("Author", [
    ("id", ID), ("email", models.CharField(max_length=50, unique=True)), ("name", models.CharField(max_length=50)),
]),"""
MORE = """migrations.AddField("post", "rank", models.IntegerField(default=7), preserve_default=False),
migrations.AddField("post", "author", models.ForeignKey("blog.Author", models.CASCADE, null=True)),
migrations.AddIndex("post", models.Index(fields=["title", "rank"], name="post_title_rank")),
migrations.AddConstraint("post", models.UniqueConstraint(fields=["title", "author"], name="post_once")),
migrations.CreateModel("Tag", [
    ("id", ID), ("name", models.CharField(max_length=50)), ("posts", models.ManyToManyField("blog.Post")),
]),"""
LATER = """migrations.AddField("author", "note", models.TextField(null=True)),
migrations.AlterField("author", "name", models.CharField(max_length=50, null=True)),"""
FILES = {
    "blog/migrations/0001_initial.py": migration(f"{POST}\n{AUTHOR}", attributes="initial = True"),
    "blog/migrations/0002_more.py": migration(MORE, ("blog", "0001_initial")),
    "blog/migrations/0003_later.py": migration(LATER, ("blog", "0002_more")),
}
ROWS = (
    "INSERT INTO blog_author (email, name) VALUES ('a@example.com', 'A')",
    "INSERT INTO blog_post (title, {rank}, author_id) VALUES ('a', 3, 1)",
    "INSERT INTO blog_post (title, {rank}, author_id) VALUES ('b', 4, NULL)",
)


def made(root: Path, engine: str, settings: dict[str, object], files: dict[str, str] = FILES) -> Path:
    """A project whose database has applied all of its migrations, and has rows."""
    write_project(root, files)
    (root / "settings.py").write_text(f"{SETTINGS}DATABASES = {{'default': {settings!r}}}\n")
    migrated = django_admin(root, "migrate")
    assert migrated.returncode == 0, migrated.stderr
    if len(files) > 1:
        run_sql(root, *(each.format(rank=quoted("rank", engine)) for each in ROWS))
    return root


def quoted(name: str, engine: str) -> str:
    return f"`{name}`" if engine in ("mysql", "mariadb") else name


def fixed(root: Path, migfix: Migfix) -> str:
    """The output of --fix, after which there is nothing to say, and Django can migrate back and forward."""
    result = migfix("doctor", "--settings", "settings", "--fix", "--yes", cwd=root)
    assert result.returncode == 0, result.stdout + result.stderr
    assert result.stdout.endswith("default: healthy: files, records and tables agree\n")
    migrated = django_admin(root, "migrate")
    assert migrated.returncode == 0, migrated.stderr
    return result.stdout


def content(root: Path) -> dict[str, list[dict[str, Any]]]:
    """The rows of the app, without the order of columns, which SQLite changes when it makes a table anew."""
    return {
        name: [dict(zip(columns, row, strict=True)) for row in rows] or [dict.fromkeys(columns)]
        for name, (columns, rows) in dump(root).items()
        if name.startswith("blog_")
    }


def drop_constraint(root: Path, engine: str, name: str, kind: str) -> None:
    """Drop what a server named itself: ask Django for the name."""
    code = (
        "from django.db import connection as c; cursor = c.cursor(); "
        f"found = c.introspection.get_constraints(cursor, {name!r}); "
        f"names = [each for each, what in found.items() if what[{kind!r}] and not what['primary_key']]; "
        "sql = {'mysql': 'ALTER TABLE {} DROP %s {}' % ('FOREIGN KEY' if "
        f"{kind!r} == 'foreign_key' else 'INDEX')"
        "}.get(c.vendor, 'ALTER TABLE {} DROP CONSTRAINT {}'); "
        f"[cursor.execute(sql.format({name!r}, each)) for each in names]"
    )
    done = django_admin(root, "shell", "-c", code)
    assert done.returncode == 0, done.stderr


def test_dropped_by_hand(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    with database(some_engine, tmp_path) as settings:
        root = made(tmp_path / "project", some_engine, settings)
        before, posts = content(root), "blog_post"
        on = f" ON {posts}" if some_engine in ("mysql", "mariadb") else ""
        run_sql(
            root,
            "DROP TABLE blog_tag_posts",
            "DROP TABLE blog_tag",
            f"DROP INDEX post_title_rank{on}",
            f"ALTER TABLE {posts} DROP COLUMN {quoted('rank', some_engine)}",
        )
        if some_engine != "sqlite":
            drop_constraint(root, some_engine, posts, "foreign_key")
            drop_constraint(root, some_engine, posts, "unique")
            drop_constraint(root, some_engine, "blog_author", "unique")
        result = forked("doctor", "--settings", "settings", "--fix", "--plan-only", cwd=root)
        assert result.returncode == 1, result.stderr
        assert "create blog_tag, blog_tag_posts" in result.stdout
        assert "blog_tag" not in content(root)  # nothing has changed
        output = fixed(root, forked)
        assert "Create index post_title_rank" in output
        for each in before["blog_post"]:
            each["rank"] = "7"  # the values are gone, and the migration has one for rows that are there
        assert content(root) == before
        back = django_admin(root, "migrate", "blog", "0001")
        assert back.returncode == 0, back.stderr


def test_records_that_are_gone(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    with database(some_engine, tmp_path) as settings:
        root = made(tmp_path / "project", some_engine, settings)
        before = content(root)
        run_sql(root, *(FORGET.format(name) for name in ("0002_more", "0003_later")))
        assert names(root, forked) == [("not-recorded", "0002_more"), ("not-recorded", "0003_later")]
        fixed(root, forked)
        assert content(root) == before


def test_an_order_that_is_inconsistent(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    """The record is gone, and a part of what it stands for."""
    with database(some_engine, tmp_path) as settings:
        root = made(tmp_path / "project", some_engine, settings)
        before = content(root)
        run_sql(root, FORGET.format("0002_more"), "DROP TABLE blog_tag_posts", "DROP TABLE blog_tag")
        assert django_admin(root, "migrate").returncode
        fixed(root, forked)
        assert content(root) == before


BROKEN = migration(
    """migrations.AddField("author", "age", models.IntegerField(default=1)),
migrations.RunPython(fill, migrations.RunPython.noop),
migrations.AddField("author", "city", models.CharField(max_length=9, default="x")),""",
    ("blog", "0003_later"),
    attributes="atomic = False",
    functions="""
    def fill(apps, schema_editor):
        Author = apps.get_model("blog", "Author")
        if Author.objects.using(schema_editor.connection.alias).filter(name="A").exists():
            raise ValueError("A")
    """,
)


def test_broken_half_way(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    """A migration that isn't atomic stops in its data function. What it did before is taken back."""
    with database(some_engine, tmp_path) as settings:
        root = made(tmp_path / "project", some_engine, settings)
        before = content(root)
        (root / "blog/migrations/0004_broken.py").write_text(BROKEN)
        assert "ValueError" in django_admin(root, "migrate").stderr
        assert names(root, forked) == [("half-applied", "0004_broken")]
        result = forked("doctor", "--settings", "settings", "--fix", "--yes", cwd=root)
        assert result.returncode == 0, result.stdout + result.stderr
        assert "take back: Add field age to author" in result.stdout
        assert content(root) == before
        run_sql(root, "UPDATE blog_author SET name = 'B'")
        assert django_admin(root, "migrate").returncode == 0


def test_broken_between_schema_operations(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    """Without a data function the rest is run."""
    fields = """migrations.AddField("author", "age", models.IntegerField(default=1)),
    migrations.AddField("author", "city", models.CharField(max_length=9, default="x")),"""
    with database(some_engine, tmp_path) as settings:
        root = made(tmp_path / "project", some_engine, settings)
        run_sql(root, "ALTER TABLE blog_author ADD COLUMN age integer NOT NULL DEFAULT 5")
        files = {"blog/migrations/0004_fields.py": migration(fields, ("blog", "0003_later"))}
        for name, text in files.items():
            (root / name).write_text(text)
        fixed(root, forked)
        assert {"age": "5", "city": "x"}.items() <= content(root)["blog_author"][0].items()


def test_a_script_that_undoes_it(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    with database(some_engine, tmp_path) as settings:
        root = made(tmp_path / "project", some_engine, settings)
        run_sql(root, "DROP TABLE blog_tag_posts", FORGET.format("0003_later"))
        before = content(root)
        output = fixed(root, forked)
        scripts = [line.partition("run ")[2] for line in output.splitlines() if "To undo it" in line]
        for each in reversed(scripts):
            statements = [line for line in Path(each).read_text().split(";\n") if not line.startswith("--")]
            run_sql(root, *filter(str.strip, statements))
        assert content(root) == before


def test_what_only_postgresql_has(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    """An invalid index, a constraint that isn't validated, and a sequence behind its table."""
    if each_engine != "postgresql":
        pytest.skip("only PostgreSQL has these")
    with database(each_engine, tmp_path) as settings:
        root = made(tmp_path / "project", each_engine, settings)
        run_sql(
            root,
            "UPDATE pg_index SET indisvalid = false WHERE indexrelid = 'post_title_rank'::regclass",
            "ALTER TABLE blog_post ADD CONSTRAINT ranked CHECK (rank > 0) NOT VALID",
            "INSERT INTO blog_post (id, title, rank) VALUES (99, 'c', 5)",
            "SELECT setval(pg_get_serial_sequence('blog_post', 'id'), 5)",
        )
        found = [name for name, _ in names(root, forked)]
        assert found == ["invalid-index", "not-validated", "sequence-behind"]
        fixed(root, forked)
        run_sql(root, "INSERT INTO blog_post (title, rank) VALUES ('d', 5)")


def test_types_and_nulls(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    change = {
        "postgresql": (
            "ALTER TABLE blog_post ALTER rank TYPE smallint",
            "ALTER TABLE blog_post ALTER rank DROP NOT NULL",
        ),
        "mysql": ("ALTER TABLE blog_post MODIFY `rank` smallint NULL",),
        "mariadb": ("ALTER TABLE blog_post MODIFY `rank` smallint NULL",),
    }
    if each_engine not in change:
        pytest.skip("SQLite can't change a column by hand")
    with database(each_engine, tmp_path) as settings:
        root = made(tmp_path / "project", each_engine, settings)
        run_sql(root, *change[each_engine])
        assert names(root, forked) == [("wrong-type", "0002_more"), ("wrong-null", "0002_more")]
        fixed(root, forked)


def test_values_that_would_be_cut(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    """A smaller type isn't made again by itself, nor NOT NULL over NULLs."""
    change = {
        "postgresql": ("ALTER TABLE blog_post ALTER title TYPE text", "ALTER TABLE blog_post ALTER rank DROP NOT NULL"),
        "mysql": ("ALTER TABLE blog_post MODIFY title longtext NOT NULL, MODIFY `rank` int NULL",),
    }
    change["mariadb"] = change["mysql"]
    if each_engine not in change:
        pytest.skip("SQLite can't change a column by hand")
    with database(each_engine, tmp_path) as settings:
        root = made(tmp_path / "project", each_engine, settings)
        index = "DROP INDEX post_title_rank" + ("" if each_engine == "postgresql" else " ON blog_post")
        once = "ALTER TABLE blog_post DROP " + ("CONSTRAINT" if each_engine == "postgresql" else "INDEX") + " post_once"
        cut = f"UPDATE blog_post SET title = '{'x' * 60}', {quoted('rank', each_engine)} = NULL"
        own = "" if each_engine == "postgresql" else "ALTER TABLE blog_post ADD INDEX own (author_id)"
        run_sql(root, index, *filter(None, [own]), once, *change[each_engine], cut)
        result = forked("doctor", "--settings", "settings", "--fix", "--plan-only", cwd=root)
        assert result.returncode == 1, result.stderr
        assert "left: blog_post.rank has NULL in 2 rows: give them a value first." in result.stdout
        assert "left: blog_post.title is " in result.stdout


ODD = """migrations.CreateModel("Thing", [
    ("id", ID), ("name", models.CharField(max_length=20, db_column="Its Name", unique=True)),
    ("count", models.IntegerField(default=1)),
    ("twice", models.GeneratedField(
        expression=models.F("count") * 2, output_field=models.IntegerField(), db_persist=True
    )),
    ("note", models.CharField(max_length=20, db_comment="hello", null=True)),
    ("links", models.ManyToManyField("blog.Post")),
], options={"db_table": "Odd Things"}),"""
LATER_NAMES = """migrations.RenameModel("Thing", "Item"),
migrations.AlterModelTable("Item", "Items"),"""
ODD_FILES = {
    "blog/migrations/0001_initial.py": migration(f"{POST}\n{AUTHOR}", attributes="initial = True"),
    "blog/migrations/0002_odd.py": migration(ODD, ("blog", "0001_initial")),
    "blog/migrations/0003_renamed.py": migration(LATER_NAMES, ("blog", "0002_odd")),
}


@pytest.mark.skipif(django.VERSION < (5, 0), reason="GeneratedField came with Django 5.0")
def test_odd_names_and_renames(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    """Healthy at each point of the history, with its records and without them; going back loses nothing."""
    root = tmp_path / "project"
    with database(some_engine, tmp_path) as settings:
        write_project(root, ODD_FILES)
        (root / "settings.py").write_text(f"{SETTINGS}DATABASES = {{'default': {settings!r}}}\n")
        for target in ("0001", "0002", "0003"):
            migrated = django_admin(root, "migrate", "blog", target)
            assert migrated.returncode == 0, migrated.stderr
            assert names(root, forked) == [], target
        run_sql(root, "DELETE FROM django_migrations WHERE app = 'blog'")
        assert [name for name, _ in names(root, forked)] == ["not-recorded"] * 3
        fixed(root, forked)
        plan = forked("rollback", "--to", "blog.0002", "--settings", "settings", "--run", "--yes", cwd=root)
        assert plan.returncode == 0, plan.stderr
        assert "gone: " not in plan.stdout
        assert names(root, forked) == []


def test_nobody_answers(tmp_path: Path, forked: Migfix) -> None:
    with database("sqlite", tmp_path) as settings:
        root = made(tmp_path / "project", "sqlite", settings)
        run_sql(root, "DROP INDEX post_title_rank")
        before = content(root)
        result = forked("doctor", "--settings", "settings", "--fix", cwd=root)
        assert result.returncode in (1, 2)
        assert content(root) == before
        data = json.loads(forked("doctor", "--settings", "settings", "--json", cwd=root).stdout)
        assert [each["what"] for each in data["findings"]] == [
            "the index on title,rank of blog_post isn't there, and the migrations that make it are applied."
        ]


def test_a_column_of_no_field_stays(tmp_path: Path, forked: Migfix) -> None:
    """SQLite makes tables anew, and would drop it."""
    with database("sqlite", tmp_path) as settings:
        root = made(tmp_path / "project", "sqlite", settings)
        run_sql(root, "DROP INDEX post_title_rank", "ALTER TABLE blog_post DROP COLUMN rank")
        run_sql(root, "ALTER TABLE blog_post ADD COLUMN legacy varchar(9) DEFAULT '8'")
        result = forked("doctor", "--settings", "settings", "--fix", "--yes", cwd=root)
        assert result.returncode == 1, result.stderr
        assert "left: SQLite would make blog_post anew without the column legacy" in result.stdout
        assert content(root)["blog_post"][0]["legacy"] == "8"


def committed(root: Path, message: str) -> None:
    if not (root / ".git").exists():
        git("init", cwd=root)
    git("add", "--force", "--all", ".", cwd=root)
    git("commit", "--message", message, cwd=root)


@pytest.mark.parametrize("name", ["0002_more", "0003_later"])
@pytest.mark.parametrize("is_committed", [False, True])
def test_a_file_that_was_deleted(tmp_path: Path, name: str, is_committed: bool, forked: Migfix) -> None:
    """git still has it. In the middle, Django can't load the graph."""
    with database("sqlite", tmp_path) as settings:
        root = made(tmp_path / "project", "sqlite", settings)
        committed(root, "deploy")
        lost = root / f"blog/migrations/{name}.py"
        text = lost.read_bytes()
        lost.unlink()
        if is_committed:
            committed(root, "delete")
        assert names(root, forked)[0] == ("missing-file", name)
        assert f"write {lost}" in fixed(root, forked)
        assert lost.read_bytes() == text
        undone = forked("undo", cwd=root)
        assert undone.returncode == 0, undone.stderr
        assert not lost.exists()


def test_a_file_that_was_renamed(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    with database(some_engine, tmp_path) as settings:
        root = made(tmp_path / "project", some_engine, settings)
        committed(root, "deploy")
        before, old = content(root), root / "blog/migrations/0003_later.py"
        old.rename(root / "blog/migrations/0003_note.py")
        found = json.loads(forked("doctor", "--settings", "settings", "--json", cwd=root).stdout)["findings"][0]
        assert found["what"] == "blog.0003_later is recorded as applied, and its file is now called 0003_note."
        fixed(root, forked)
        assert 'replaces = [("blog", "0003_later")]' in (root / "blog/migrations/0003_note.py").read_text()
        assert content(root) == before


def test_code_that_was_put_back(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    """The database is ahead of the code. Nothing is mended here: the newer code goes back."""
    with database(some_engine, tmp_path) as settings:
        root = made(tmp_path / "project", some_engine, settings, {k: v for k, v in FILES.items() if "0001" in k})
        committed(root, "30")
        write_project(root, FILES)
        (root / "settings.py").write_text(f"{SETTINGS}DATABASES = {{'default': {settings!r}}}\n")
        committed(root, "33")
        assert django_admin(root, "migrate").returncode == 0
        git("checkout", "--force", "HEAD~1", cwd=root)
        found = json.loads(forked("doctor", "--settings", "settings", "--json", cwd=root).stdout)["findings"]
        listed = [each["name"] for each in found]
        assert [listed.count(name) for name in ("missing-file", "column-of-no-field", "table-of-no-model")] == [2, 3, 2]
        assert "only newer code has its file" in found[0]["what"]
        result = forked("doctor", "--settings", "settings", "--fix", "--yes", cwd=root)
        assert result.returncode == 1, result.stderr
        assert "left: the tables of blog: files of its applied migrations are gone." in result.stdout
        git("checkout", "--force", "main", cwd=root)
        assert names(root, forked) == []


def test_the_story(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    """Version 33 is deployed, put back to 30 without migrating, repaired by hand, and deployed again."""
    rank = quoted("rank", each_engine)
    on = " ON blog_post" if each_engine in ("mysql", "mariadb") else ""
    with database(each_engine, tmp_path) as settings:
        root = made(tmp_path / "project", each_engine, settings, {k: v for k, v in FILES.items() if "0001" in k})
        committed(root, "30")
        git("tag", "v30", cwd=root)
        write_project(root, FILES)
        (root / "settings.py").write_text(f"{SETTINGS}DATABASES = {{'default': {settings!r}}}\n")
        committed(root, "33")
        assert django_admin(root, "migrate").returncode == 0
        run_sql(root, "INSERT INTO blog_author (email, name) VALUES ('a', 'A')")

        plan = forked("rollback", "--to", "v30", "--settings", "settings", "--json", cwd=root)
        assert json.loads(plan.stdout)["failures"]  # going back would have prevented all of it
        git("checkout", "--force", "v30", cwd=root)
        insert = "INSERT INTO blog_post (title) VALUES ('x')"
        failing = f"from django.db import connection as c; c.cursor().execute({insert!r})"
        assert django_admin(root, "shell", "-c", failing).returncode  # rank is NOT NULL
        on_index = f"DROP INDEX post_title_rank{on}"
        run_sql(root, on_index, f"ALTER TABLE blog_post DROP COLUMN {rank}", insert)
        git("checkout", "--force", "main", cwd=root)
        assert "No migrations to apply." in django_admin(root, "migrate").stdout
        assert names(root, forked) == [("missing-column", "0002_more")]
        fixed(root, forked)
        assert [each | {"id": ""} for each in content(root)["blog_post"]] == [
            {"id": "", "title": "x", "author_id": "None", "rank": "7"}
        ]

        run_sql(root, FORGET.format("0002_more"), FORGET.format("0003_later"), on_index)
        fixed(root, forked)
        run_sql(root, FORGET.format("0001_initial"))
        assert django_admin(root, "migrate").returncode  # InconsistentMigrationHistory
        fixed(root, forked)
        (root / "blog/migrations/0002_more.py").unlink()
        assert django_admin(root, "migrate").returncode  # NodeNotFoundError
        fixed(root, forked)
        (root / "blog/migrations/0004_broken.py").write_text(BROKEN)
        assert django_admin(root, "migrate").returncode
        fixed_by = forked("doctor", "--settings", "settings", "--fix", "--yes", cwd=root)
        assert fixed_by.returncode == 0, fixed_by.stdout + fixed_by.stderr
        assert [each["title"] for each in content(root)["blog_post"]] == ["x"]
        assert [each["email"] for each in content(root)["blog_author"]] == ["a"]


BY_HAND = """migrations.RunSQL(
    "ALTER TABLE blog_author ADD COLUMN age integer", "ALTER TABLE blog_author DROP COLUMN age",
    state_operations=[migrations.AddField("author", "age", models.IntegerField(null=True))],
),"""


def test_sql_with_a_state_of_its_own(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    """The column belongs to a migration that isn't recorded: it is never to be dropped."""
    files = {**FILES, "blog/migrations/0004_age.py": migration(BY_HAND, ("blog", "0003_later"))}
    with database(some_engine, tmp_path) as settings:
        root = made(tmp_path / "project", some_engine, settings, files)
        run_sql(root, FORGET.format("0004_age"), "UPDATE blog_author SET age = 9")
        assert names(root, forked) == [("not-recorded", "0004_age")]
        run_sql(root, "ALTER TABLE blog_author DROP COLUMN age")
        assert names(root, forked) == []
