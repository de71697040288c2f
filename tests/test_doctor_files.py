"""``migfix doctor``: files come before rows. ``check --database`` says what doctor's cheap part finds."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

from conftest import Migfix
from projects import git, migration
from test_doctor import FORGET, found, names
from test_doctor_fix import FILES, committed, fixed, made
from test_leftovers import run_sql
from test_squash import database, django_admin

SECOND, THIRD = "blog/migrations/0002_more.py", "blog/migrations/0003_later.py"
EDIT = 'migrations.AddField("author", "age", models.IntegerField(null=True)),'


def edited(root: Path, file: str) -> str:
    """Edit an applied file, commit it, and return the commit before."""
    committed(root, "v1")
    commit = git("rev-parse", "--short", "HEAD", cwd=root).strip()
    path = root / file
    path.write_text(path.read_text().replace("\n    ]\n", f"\n        {EDIT}\n    ]\n"))
    assert EDIT in path.read_text()
    committed(root, "edit")
    return commit


def test_a_file_that_was_edited(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    """The edit goes to a new migration, which the database then runs."""
    with database(some_engine, tmp_path) as settings:
        root = made(tmp_path / "project", some_engine, settings)
        commit = edited(root, THIRD)
        (drift,) = found(root, forked)
        assert (drift["name"], drift["column"]) == ("edited-file", "age")
        assert drift["what"] == (
            f"the column age of blog_author isn't there: blog.0003_later was edited after commit {commit}, which "
            "didn't make it."
        )
        applying = f"migfix apply --select MIG209 --since {commit} {root / THIRD}"
        assert drift["next_step"] == (
            f"Move the edit to a new migration, which every database runs: {applying}. Or let doctor make it here "
            "alone: migfix doctor --fix."
        )
        result = forked(*applying.split()[1:], cwd=root)
        assert result.returncode == 0, result.stdout + result.stderr
        assert django_admin(root, "migrate").returncode == 0
        assert found(root, forked) == []


def test_a_file_that_was_edited_in_the_middle(tmp_path: Path, forked: Migfix) -> None:
    with database("sqlite", tmp_path) as settings:
        root = made(tmp_path / "project", "sqlite", settings)
        commit = edited(root, SECOND)
        (drift,) = found(root, forked)
        assert drift["next_step"] == (
            f"Restore the file (git show {commit}:./0002_more.py has it), and run makemigrations: it writes the edit "
            "as a new migration. Or let doctor make it here alone: migfix doctor --fix."
        )
        fixed(root, forked)


def test_a_dependency_that_was_added_later(tmp_path: Path, forked: Migfix) -> None:
    with database("sqlite", tmp_path) as settings:
        root = made(tmp_path / "project", "sqlite", settings)
        committed(root, "v1")
        commit = git("rev-parse", "--short", "HEAD", cwd=root).strip()
        (root / "shop/migrations").mkdir(parents=True)
        for name in ("shop/__init__.py", "shop/migrations/__init__.py", "shop/models.py"):
            (root / name).touch()
        (root / "shop/migrations/0001_initial.py").write_text(migration("", attributes="initial = True"))
        path = root / SECOND
        path.write_text(path.read_text().replace("dependencies = [", 'dependencies = [("shop", "0001_initial"), '))
        settings_py = root / "settings.py"
        settings_py.write_text(settings_py.read_text() + "INSTALLED_APPS = [*INSTALLED_APPS, 'shop']\n")
        (drift,) = [each for each in found(root, forked) if each["name"] == "inconsistent-history"]
        assert drift["next_step"].startswith(
            f"The dependency on shop.0001_initial was added later: commit {commit} doesn't have it. Move it to a new "
            "migration. If the tables of shop.0001_initial are there, record it: INSERT INTO django_migrations"
        )


def test_fake_initial(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    """Whether Django would accept what is there, and why not."""
    with database(some_engine, tmp_path) as settings:
        first = dict(list(FILES.items())[:1])
        root = made(tmp_path / "project", some_engine, settings, first)
        run_sql(root, FORGET.format("0001_initial"))
        (drift,) = found(root, forked)
        assert drift["next_step"].startswith("migrate --fake-initial accepts it.")
        run_sql(root, "DROP TABLE blog_author")
        (drift,) = found(root, forked)
        assert drift["what"].endswith(
            "migrate --fake-initial doesn't accept it: a table or a column that it makes isn't there."
        )


def test_check_says_what_is_wrong(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    with database(some_engine, tmp_path) as settings:
        root = made(tmp_path / "project", some_engine, settings)
        new = "blog/migrations/0004_next.py"
        (root / new).write_text(migration(EDIT, ("blog", "0003_later")))
        checking = ("check", new, "--settings", "settings", "--database", "default")
        assert forked(*checking, cwd=root).returncode == 0
        run_sql(root, "ALTER TABLE blog_author DROP COLUMN note")
        result = forked(*checking, "--output-format", "json", cwd=root)
        assert result.returncode == 1, result.stdout + result.stderr
        (finding,) = json.loads(result.stdout)["findings"]
        assert (finding["code"], finding["rule"]) == ("MIG003", None)
        assert finding["why"] == (
            "In the database default, the column note of blog_author isn't there, and the migrations that make it are "
            "applied."
        )
        assert "migfix doctor blog --database default shows what mends it" in forked(*checking, cwd=root).stdout
        assert forked(*checking, "--ignore", "MIG003", cwd=root).returncode == 0
        assert forked(*checking, "--select", "MIG101", cwd=root).returncode == 0
        assert forked("explain", "MIG003", cwd=root).stdout.startswith("# MIG003\n\n**A database isn't as its applied")


def test_json_of_a_plan(tmp_path: Path, forked: Migfix) -> None:
    with database("sqlite", tmp_path) as settings:
        root = made(tmp_path / "project", "sqlite", settings)
        run_sql(root, "ALTER TABLE blog_author DROP COLUMN note")
        asking = ("doctor", "--settings", "settings", "--json", "--fix")
        result = forked(*asking, cwd=root)
        assert result.returncode == 2
        assert result.stderr == (
            "error: --json asks no question. Add --yes to carry the plan out, or --plan-only to see it.\n"
        )
        planned = json.loads(forked(*asking, "--plan-only", cwd=root).stdout)
        assert [each["title"] for plan in planned["plans"] for each in plan["steps"]] == ["Add field note to author"]
        assert len(planned["findings"]) == 1
        done = json.loads(forked(*asking, "--yes", cwd=root).stdout)
        assert done["plans"][0]["undo"].endswith("-undo.sql")
        assert done["findings"] == []
        assert names(root, forked) == []
        fixed(root, forked)


ROUTED = """
DATABASES["archive"] = DATABASES["default"] | {{"NAME": {name!r}}}
DATABASES["replica"] = DATABASES["default"] | {{"TEST": {{"MIRROR": "default"}}}}
DATABASES["spare"] = {{}}
DATABASE_ROUTERS = ["routers.Router"]
"""
ROUTER = """class Router:
    def allow_migrate(self, db, app_label, **hints):
        return (db == "archive") == (app_label == "blog")
"""


def test_every_database(tmp_path: Path, forked: Migfix) -> None:
    """A router keeps the blog in one of two; the third is a copy, and the fourth has no engine."""
    with database("sqlite", tmp_path) as settings:
        root = made(tmp_path / "project", "sqlite", settings | {"NAME": str(tmp_path / "first.sqlite3")})
        (tmp_path / "first.sqlite3").unlink()
        path = root / "settings.py"
        path.write_text(path.read_text() + ROUTED.format(name=str(tmp_path / "archive.sqlite3")))
        (root / "routers.py").write_text(ROUTER)
        for alias in ("default", "archive"):
            migrated = django_admin(root, "migrate", "--database", alias)
            assert migrated.returncode == 0, migrated.stderr
        healthy = forked("doctor", "--settings", "settings", cwd=root)
        agree = "healthy: files, records and tables agree"
        assert healthy.stdout.splitlines() == [f"default: {agree}", f"archive: {agree}"], healthy.stderr

        with closing(connect(tmp_path / "archive.sqlite3")) as archive:
            archive.execute("ALTER TABLE blog_author DROP COLUMN note")
        listed = [(each["database"], each["name"], each["column"]) for each in found(root, forked)]
        assert listed == [("archive", "missing-column", "note")]
        first = root / "blog/migrations/0001_initial.py"
        first.write_text(first.read_text().replace("dependencies = []", "dependencies = [('blog', '0003_later')]"))
        unloadable = [(each["database"], each["name"]) for each in found(root, forked)]
        assert unloadable == [("default", "not-compared"), ("archive", "missing-column"), ("archive", "not-compared")]
