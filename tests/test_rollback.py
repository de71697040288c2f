"""``migfix rollback``: older code comes back, and its database goes back first, from the newer checkout."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from conftest import Migfix
from projects import POST, git, migration, write_project
from test_deployed_files import SETTINGS
from test_doctor import names
from test_doctor_fix import committed, content
from test_leftovers import run_sql
from test_squash import database, django_admin

OLD = {
    "blog/migrations/0001_initial.py": migration(POST, attributes="initial = True"),
    "shop/migrations/0001_initial.py": migration(
        'migrations.CreateModel("Item", [("id", ID), ("name", models.CharField(max_length=50))]),',
        attributes="initial = True",
    ),
}
ITEM = 'migrations.CreateModel("Item", [("id", ID), ("name", models.CharField(max_length=50))]),'
COLUMN = """migrations.AddField("post", "score", models.IntegerField(default=1), preserve_default=False),"""
MODEL = """migrations.CreateModel("Order", [
    ("id", ID), ("post", models.ForeignKey("blog.Post", models.CASCADE)), ("note", models.TextField(null=True)),
]),
migrations.AddField("item", "note", models.TextField(null=True)),"""
INDEX = """migrations.AddIndex("post", models.Index(fields=["title"], name="post_title")),
migrations.RunPython(noted, migrations.RunPython.noop),"""
NOTED = """
def noted(apps, schema_editor):
    apps.get_model("shop", "Item").objects.using(schema_editor.connection.alias).update(note="x")
"""
NEW = {
    **OLD,
    "blog/migrations/0002_score.py": migration(COLUMN, ("blog", "0001_initial")),
    "shop/migrations/0002_order.py": migration(MODEL, ("shop", "0001_initial"), ("blog", "0002_score")),
    "blog/migrations/0003_index.py": migration(INDEX, ("blog", "0002_score"), ("shop", "0002_order"), functions=NOTED),
}


def released(root: Path, settings: dict[str, object], old: dict[str, str], new: dict[str, str]) -> None:
    """Write a project with the tags v30 and v33, whose database has applied v33."""
    for version, files in (("v30", old), ("v33", new)):
        write_project(root, files)
        text = SETTINGS.replace('["blog"]', '["blog", "shop"]')
        (root / "settings.py").write_text(f"{text}DATABASES = {{'default': {settings!r}}}\n")
        committed(root, version)
        git("tag", version, cwd=root)
    migrated = django_admin(root, "migrate")
    assert migrated.returncode == 0, migrated.stderr


def deployed(root: Path, settings: dict[str, object], new: dict[str, str] = NEW) -> Path:
    """A project with the tags v30 and v33, whose database has applied v33, and has rows."""
    released(root, settings, OLD, new)
    run_sql(
        root,
        "INSERT INTO blog_post (title, score) VALUES ('a', 5)",
        "INSERT INTO shop_item (name, note) VALUES ('n', NULL)",
        "INSERT INTO shop_order (post_id, note) VALUES (1, 'x')",
    )
    return root


def planned(root: Path, migfix: Migfix, to: str) -> dict[str, Any]:
    result = migfix("rollback", "--to", to, "--settings", "settings", "--json", cwd=root)
    assert result.returncode in (0, 1), result.stderr
    data: dict[str, Any] = json.loads(result.stdout)
    assert data["needed"] == bool(result.returncode)
    return data


def test_older_code_that_cannot_insert(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    with database(each_engine, tmp_path) as settings:
        root = deployed(tmp_path / "project", settings)
        before = content(root)
        plan = planned(root, forked, "v30")
        assert plan["migrations"] == ["blog.0003_index", "shop.0002_order", "blog.0002_score"]
        assert plan["commands"] == ["migrate blog 0001_initial"]
        assert [each.partition(": ")[0] for each in plan["failures"]] == ["blog.Post"]
        assert plan["lost"] == [
            "the column score of blog_post: 1 value of its own",
            "the column note of shop_item: 0 values of its own",
            "the table shop_order: 1 row",
        ]
        assert plan["noops"] == ["blog.0003_index: RunPython noted (operation 2)"]
        assert plan["irreversible"] == []
        assert content(root) == before

        result = forked("rollback", "--to", "v30", "--settings", "settings", "--run", "--yes", cwd=root)
        assert result.returncode == 0, result.stdout + result.stderr
        assert result.stdout.endswith("default: went back to v30\n")
        git("checkout", "--force", "v30", cwd=root)
        assert names(root, forked) == []
        run_sql(root, "INSERT INTO blog_post (title) VALUES ('b')")
        assert [each["title"] for each in content(root)["blog_post"]] == ["a", "b"]

        git("checkout", "--force", "v33", cwd=root)
        assert django_admin(root, "migrate").returncode == 0
        assert names(root, forked) == []
        assert planned(root, forked, "v33")["migrations"] == []


def test_older_code_that_runs(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    """All that is new has NULL or a table of its own."""
    nullable = COLUMN.replace("default=1), preserve_default=False", "null=True)")
    new = {**NEW, "blog/migrations/0002_score.py": migration(nullable, ("blog", "0001_initial"))}
    with database(each_engine, tmp_path) as settings:
        root = deployed(tmp_path / "project", settings, new)
        result = forked("rollback", "--to", "v30", "--settings", "settings", cwd=root)
        assert result.returncode == 0, result.stderr
        assert result.stdout == (
            "default: the models of v30 run on today's schema. Nothing needs to go back.\n"
            "  but it may refuse what v30 writes: rows of blog_post that shop_order points at can't be deleted\n"
        )


def test_what_cannot_go_back(tmp_path: Path, forked: Migfix) -> None:
    """Nothing runs, not even the commands before it."""
    stuck = INDEX.replace(", migrations.RunPython.noop", "")
    new = {
        **NEW,
        "blog/migrations/0003_index.py": migration(
            stuck, ("blog", "0002_score"), ("shop", "0002_order"), functions=NOTED
        ),
    }
    with database("sqlite", tmp_path) as settings:
        root = deployed(tmp_path / "project", settings, new)
        before = content(root)
        result = forked("rollback", "--to", "v30", "--settings", "settings", "--run", "--yes", cwd=root)
        assert result.returncode == 1
        assert "can't go back: blog.0003_index: RunPython noted (operation 2)\n" in result.stdout
        assert content(root) == before


def test_a_migration_as_the_target(tmp_path: Path, forked: Migfix) -> None:
    with database("sqlite", tmp_path) as settings:
        root = deployed(tmp_path / "project", settings)
        assert planned(root, forked, "blog.0002")["commands"] == ["migrate blog 0002_score"]
        assert planned(root, forked, "shop.zero")["commands"] == ["migrate blog 0002_score", "migrate shop zero"]
        result = forked("rollback", "--to", "blog.9", "--settings", "settings", cwd=root)
        assert result.stderr == (
            "error: blog has no single migration that starts with 9. It has 0001_initial, 0002_score, 0003_index.\n"
        )
        result = forked("rollback", "--to", "v31", "--settings", "settings", cwd=root)
        assert result.returncode == 2
        assert result.stderr.startswith("error: git knows no commit v31 in ")


def test_from_the_older_code(tmp_path: Path, forked: Migfix) -> None:
    with database("sqlite", tmp_path) as settings:
        root = deployed(tmp_path / "project", settings)
        git("checkout", "--force", "v30", cwd=root)
        result = forked("rollback", "--to", "v30", "--settings", "settings", cwd=root)
        assert result.returncode == 2
        assert result.stderr == (
            "error: blog.0002_score is applied, and this code doesn't have its file. Run migfix rollback from a "
            "checkout of the newer version, which has all of them.\n"
        )


def test_a_squash_that_came_later(tmp_path: Path, forked: Migfix) -> None:
    """The older version has what it replaces, or a part of it, or the files are gone here."""
    with database("sqlite", tmp_path) as settings:
        root = deployed(tmp_path / "project", settings)
        replaces = "replaces = [('shop', '0001_initial'), ('shop', '0002_order')]\n"
        both = f"{ITEM}\n{MODEL}"
        squashed = migration(both, ("blog", "0002_score")).replace(
            "    dependencies", f"    {replaces}    dependencies"
        )
        path = root / "shop/migrations/0001_squashed.py"
        path.write_text(squashed)
        committed(root, "squash")
        migrated = django_admin(root, "migrate")
        assert migrated.returncode == 0, migrated.stderr
        assert planned(root, forked, "v33")["migrations"] == []
        part = forked("rollback", "--to", "v30", "--settings", "settings", cwd=root)
        assert part.returncode == 2
        assert "Django can't go back to a part of them" in part.stderr
        for name in ("0001_initial", "0002_order"):
            (root / f"shop/migrations/{name}.py").unlink()
        path.write_text(squashed.replace(replaces, "\n"))
        result = forked("rollback", "--to", "v30", "--settings", "settings", cwd=root)
        assert result.returncode == 2
        assert "is applied and part of v30, and this code doesn't have its file" in result.stderr


def refused(root: Path, forked: Migfix, to: str) -> str:
    """The error of a rollback that changes nothing."""
    before = content(root)
    result = forked("rollback", "--to", to, "--settings", "settings", "--run", "--yes", cwd=root)
    assert result.returncode == 2, result.stdout
    assert content(root) == before
    return result.stderr


def test_an_app_that_moved_since(tmp_path: Path, forked: Migfix) -> None:
    """Its migrations are in another folder now. They aren't new."""
    with database("sqlite", tmp_path) as settings:
        root = deployed(tmp_path / "project", settings)
        (root / "apps").mkdir()
        (root / "apps/__init__.py").touch()
        (root / "blog").rename(root / "apps/blog")
        (root / "settings.py").write_text((root / "settings.py").read_text().replace('"blog"', '"apps.blog"'))
        committed(root, "moved")
        assert refused(root, forked, "v30") == (
            f"error: v30 has these migrations in blog/migrations, and {root / 'apps/blog/migrations'} has them now. "
            "Go back with code that still has them there.\n"
        )


def test_a_file_that_was_renamed_since(tmp_path: Path, forked: Migfix) -> None:
    with database("sqlite", tmp_path) as settings:
        root = deployed(tmp_path / "project", settings)
        (root / "blog/migrations/0003_index.py").rename(root / "blog/migrations/0003_title.py")
        run_sql(root, "UPDATE django_migrations SET name = '0003_title' WHERE name = '0003_index'")
        committed(root, "renamed")
        assert refused(root, forked, "v33") == (
            "error: blog.0003_title is called 0003_index in v33, which would run it again. Go back with code that "
            "calls it so.\n"
        )


def test_a_branch_that_was_merged_since(tmp_path: Path, forked: Migfix) -> None:
    """Django can't take back one of two branches."""
    other = migration('migrations.AddField("post", "rank", models.IntegerField(null=True)),', ("blog", "0001_initial"))
    merged = migration("", ("blog", "0003_index"), ("blog", "0002_rank"))
    with database("sqlite", tmp_path) as settings:
        root = deployed(tmp_path / "project", settings)
        (root / "blog/migrations/0002_rank.py").write_text(other)
        (root / "blog/migrations/0004_merge.py").write_text(merged)
        committed(root, "merge")
        assert django_admin(root, "migrate").returncode == 0
        assert refused(root, forked, "v33") == (
            "error: blog.0002_rank can't go back alone: v33 has another branch of the same app, and Django takes back "
            "both. Go back to a migration before both, or run the older code with an app's newer files.\n"
        )


def test_a_squash_and_a_migration_as_the_target(tmp_path: Path, forked: Migfix) -> None:
    with database("sqlite", tmp_path) as settings:
        root = deployed(tmp_path / "project", settings)
        replaces = "replaces = [('shop', '0001_initial'), ('shop', '0002_order')]\n"
        squashed = migration(f"{ITEM}\n{MODEL}", ("blog", "0002_score"))
        squashed = squashed.replace("    dependencies", f"    {replaces}    dependencies")
        (root / "shop/migrations/0001_squashed.py").write_text(squashed)
        assert django_admin(root, "migrate").returncode == 0
        assert "Django can't go back to a part of them" in refused(root, forked, "shop.0001_initial")


def test_a_column_that_comes_back_without_a_value(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    """MySQL would make one up."""
    gone = migration('migrations.RemoveField("post", "score"),', ("blog", "0003_index"))
    with database(each_engine, tmp_path) as settings:
        root = deployed(tmp_path / "project", settings)
        (root / "blog/migrations/0004_gone.py").write_text(gone)
        committed(root, "gone")
        assert django_admin(root, "migrate").returncode == 0
        found = planned(root, forked, "v33")
        assert found["irreversible"] == ["blog.0004_gone: RemoveField score, which comes back NOT NULL without a value"]


MODELS = """from django.db import models


class Post(models.Model):
    title = models.CharField(max_length=20)
    {more}
"""


def with_models(root: Path, version: str, more: str, settings: str = "") -> None:
    """Commit the models of a version, and tag it."""
    (root / "blog/models.py").write_text(MODELS.format(more=more))
    if settings:
        (root / "settings.py").write_text((root / "settings.py").read_text() + settings)
    committed(root, version)
    git("tag", version, cwd=root)


def test_the_code_of_the_older_version(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    """Its models.py has a column that no migration makes: today's files don't tell."""
    with database(each_engine, tmp_path) as settings:
        root = deployed(tmp_path / "project", settings)
        git("checkout", "--force", "v30", cwd=root)
        with_models(root, "v30b", "subtitle = models.TextField(null=True)")
        git("checkout", "--force", "v33", cwd=root)
        run_sql(root, "DELETE FROM django_migrations WHERE name = '0003_index'")
        plan = planned(root, forked, "v30b")
        assert plan["without_code"] == plan["without_structure"] == ""
        assert [each.partition(": ")[0] for each in plan["failures"]] == ["blog.Post", "blog.Post"]
        assert "subtitle" in plan["failures"][0]
        assert "score" in plan["failures"][1]
        assert git("status", "--porcelain", cwd=root) == ""


def test_the_structure_of_the_database(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    """A column that was given a default by hand: the migrations' own schema would refuse the older code."""
    ways = {
        "sqlite": "ALTER TABLE shop_order ADD COLUMN extra INTEGER",
        "postgresql": "ALTER TABLE blog_post ALTER COLUMN score SET DEFAULT 1",
        "mariadb": "ALTER TABLE blog_post MODIFY score integer NOT NULL DEFAULT 1",
        "mysql": "ALTER TABLE blog_post MODIFY score integer NOT NULL DEFAULT 1",
    }
    with database(each_engine, tmp_path) as settings:
        root = deployed(tmp_path / "project", settings)
        run_sql(root, ways[each_engine])
        assert bool(planned(root, forked, "v30")["failures"]) == (each_engine == "sqlite")


def test_settings_that_git_ignores(tmp_path: Path, forked: Migfix) -> None:
    with database("sqlite", tmp_path) as settings:
        root = deployed(tmp_path / "project", settings)
        (root / ".gitignore").write_text("secret.py\n")
        (root / "secret.py").write_text("KEY = 'x'\n")
        with_models(root, "v34", "", "from secret import KEY\n")
        (root / "blog/migrations/0004_rank.py").write_text(
            migration('migrations.AddField("post", "rank", models.IntegerField(null=True)),', ("blog", "0003_index"))
        )
        assert django_admin(root, "migrate").returncode == 0
        assert planned(root, forked, "v34")["without_code"] == ""


def test_code_that_cannot_be_loaded(tmp_path: Path, forked: Migfix) -> None:
    with database("sqlite", tmp_path) as settings:
        root = deployed(tmp_path / "project", settings)
        git("checkout", "--force", "v30", cwd=root)
        with_models(root, "v30b", "", "import a_package_of_that_time\n")
        git("checkout", "--force", "v33", cwd=root)
        path = root / "blog/migrations/0001_initial.py"
        path.write_text(f"{path.read_text()}\n# edited\n")
        result = forked("rollback", "--to", "v30b", "--settings", "settings", cwd=root)
        assert result.stdout.startswith(
            "default: the code of v30b can't be tried: The settings settings can't be loaded: ModuleNotFoundError: "
            "No module named 'a_package_of_that_time'.\n"
            "default: the models of its migrations are tried instead, as today's files make them.\n"
            "default: blog.0001_initial was edited since v30b.\n"
            "default: the models of v30b don't run on today's schema:\n"
        )


def test_code_on_the_python_path(tmp_path: Path, forked: Migfix) -> None:
    """Its apps are in a folder src, which the Python path names: the older one is taken."""
    with database("sqlite", tmp_path) as settings:
        root = deployed(tmp_path / "project", settings)
        for version in ("v30", "v33"):
            git("checkout", "--force", version, cwd=root)
            (root / "src").mkdir(exist_ok=True)
            git("mv", "blog", "shop", "src/", cwd=root)
            with_models_in = root / "src/blog/models.py"
            with_models_in.write_text(MODELS.format(more="" if version == "v30" else "score = models.IntegerField()"))
            committed(root, f"src {version}")
            git("tag", f"{version}-src", cwd=root)
        command = ("rollback", "--to", "v30-src", "--settings", "settings", "--json", "--pythonpath", str(root / "src"))
        result = forked(*command, cwd=root)
        plan = json.loads(result.stdout)
        assert plan["without_code"] == ""
        assert [each.partition(": ")[0] for each in plan["failures"]] == ["blog.Post"]


LOOSER = """migrations.AlterField("item", "name", models.CharField(max_length=200, null=True)),
migrations.AddField("item", "extra", models.IntegerField(default=0)),"""
STRICT = ITEM.replace("max_length=50", "max_length=50, unique=True")


def test_rows_that_the_older_tables_refuse(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    """They are counted before anything runs: MySQL would stop half-way, and make NULL an empty text."""
    old = {**OLD, "shop/migrations/0001_initial.py": migration(STRICT, attributes="initial = True")}
    with database(each_engine, tmp_path) as settings:
        root = tmp_path / "project"
        looser = migration(LOOSER, ("shop", "0001_initial"))
        released(root, settings, old, {**old, "shop/migrations/0002_looser.py": looser})
        values = ", ".join(f"({value}, 0)" for value in ("'a'", "'a'", "NULL", f"'{'x' * 90}'"))
        run_sql(root, f"INSERT INTO shop_item (name, extra) VALUES {values}")
        result = forked("rollback", "--to", "v30", "--settings", "settings", "--run", "--yes", cwd=root)
        assert result.returncode == 1, result.stderr
        lines = [line for line in result.stdout.splitlines() if line.startswith("can't go back: ")]
        kind = "varchar(50)" if each_engine != "postgresql" else "character varying(50)"
        assert lines == [
            "can't go back: shop_item.name comes back NOT NULL, and is NULL in 1 row",
            *(
                [f"can't go back: shop_item.name comes back as {kind}, and is longer in 1 row"]
                * (each_engine != "sqlite")
            ),
            "can't go back: shop_item: 1 value of name in more than one row: make them differ first",
        ]
        assert planned(root, forked, "v30")["lost"] == ["the column extra of shop_item: 0 values of its own"]
