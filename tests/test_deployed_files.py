"""MIG209 on databases: those that ran the deployed files, and new ones, end in the same tables."""

from __future__ import annotations

import os
import re
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
from cases import Case, all_cases
from conftest import Migfix
from projects import POST, git, migration, write_project
from test_squash import database, django_admin
from test_squash_finish import dump

CASES = [case for case in all_cases() if case.rule == "keep_deployed_file" and case.is_rewritten]
SETTINGS = """
SECRET_KEY = "x"
INSTALLED_APPS = ["blog"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
"""


def placed(source: Path, root: Path, settings: dict[str, Any]) -> None:
    """Put the files of a project in place of the ones that are there."""
    shutil.rmtree(root / "blog", ignore_errors=True)
    shutil.copytree(source, root, dirs_exist_ok=True)
    (root / "settings.py").write_text(f"{SETTINGS}DATABASES = {{'default': {settings!r}}}\n")


def tables(root: Path) -> dict[str, Any]:
    return {name: sorted(columns) for name, (columns, _) in dump(root).items()}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_databases_that_ran_the_deployed_files(case: Case, tmp_path: Path, each_engine: str) -> None:
    if os.environ.get("CI") and each_engine not in (
        "sqlite",
        ("postgresql", "mariadb", "mysql")[CASES.index(case) % 3],
    ):
        pytest.skip("each case runs on SQLite and on one server in CI")
    root, after = tmp_path / "project", case.copy_after(tmp_path / "after")
    with database(each_engine, tmp_path) as settings:
        placed(case.folder / "base", root, settings)
        assert django_admin(root, "migrate").returncode == 0
        placed(after, root, settings)
        migrated = django_admin(root, "migrate")
        assert migrated.returncode == 0, migrated.stderr
        assert "No migrations to apply." in django_admin(root, "migrate").stdout
        old = tables(root)
    (tmp_path / "new").mkdir()
    with database(each_engine, tmp_path / "new") as settings:
        placed(after, root, settings)
        made = django_admin(root, "migrate")
        assert made.returncode == 0, made.stderr
        assert tables(root) == old


@pytest.mark.parametrize("name", ["renamed_first", "reset"])
def test_without_the_fix_they_fail(name: str, tmp_path: Path) -> None:
    case = next(case for case in CASES if case.folder.name == name)
    root = tmp_path / "project"
    with database("sqlite", tmp_path) as settings:
        placed(case.folder / "base", root, settings)
        assert django_admin(root, "migrate").returncode == 0
        placed(case.folder / "before", root, settings)
        failed = django_admin(root, "migrate")
        assert failed.returncode, failed.stdout
        assert re.search("already exists|duplicate column name|InconsistentMigrationHistory", failed.stderr)


def test_sqlite_loses_values_instead(tmp_path: Path) -> None:
    """AddField makes the table anew on SQLite, with the default in place of the values."""
    case = next(case for case in CASES if case.folder.name == "renamed")
    root = tmp_path / "project"
    with database("sqlite", tmp_path) as settings:
        placed(case.folder / "base", root, settings)
        assert django_admin(root, "migrate").returncode == 0
        with sqlite3.connect(settings["NAME"]) as connection:
            connection.execute("INSERT INTO blog_post (title, rank) VALUES ('a', 5)")
        placed(case.folder / "before", root, settings)
        assert django_admin(root, "migrate").returncode == 0
        assert dump(root)["blog_post"][1] == [["1", "a", "0"]]


def test_an_appended_operation_never_reaches_them(tmp_path: Path) -> None:
    case = next(case for case in CASES if case.folder.name == "appended")
    root = tmp_path / "project"
    with database("sqlite", tmp_path) as settings:
        placed(case.folder / "base", root, settings)
        assert django_admin(root, "migrate").returncode == 0
        old = tables(root)
        placed(case.folder / "before", root, settings)
        assert django_admin(root, "migrate").returncode == 0
        assert tables(root) == old


def test_a_file_that_another_branch_added_is_not_gone(tmp_path: Path, forked: Migfix) -> None:
    """It is on the default branch, and this branch left before it came."""
    first = {"blog/migrations/0001_initial.py": migration(POST, attributes="initial = True")}
    project = write_project(tmp_path / "project", first)
    git("init", cwd=project)
    git("add", "--force", ".", cwd=project)
    git("commit", "--message", "deploy", cwd=project)
    git("branch", "mine", cwd=project)
    rank = 'migrations.AddField("post", "rank", models.IntegerField(default=0)),'
    write_project(project, {"blog/migrations/0002_rank.py": migration(rank, ("blog", "0001_initial"))})
    git("add", "--force", ".", cwd=project)
    git("commit", "--message", "rank", cwd=project)
    git("checkout", "mine", cwd=project)
    text = 'migrations.AddField("post", "text", models.TextField(default="")),'
    write_project(project, {"blog/migrations/0002_text.py": migration(text, ("blog", "0001_initial"))})
    result = forked("check", "blog", "--select", "MIG209", cwd=project)
    assert result.returncode == 0, result.stdout + result.stderr


def test_a_deleted_file_isnt_nothing_to_do(tmp_path: Path, forked: Migfix) -> None:
    """No file is new, so that no rule can speak."""
    files = {
        "blog/migrations/0001_initial.py": migration(POST, attributes="initial = True"),
        "blog/migrations/0002_more.py": migration("", ("blog", "0001_initial")),
    }
    project = write_project(tmp_path / "project", files)
    git("init", cwd=project)
    git("add", "--force", ".", cwd=project)
    git("commit", "--message", "deploy", cwd=project)
    assert forked("check", cwd=project).returncode == 0
    lost = project / "blog/migrations/0002_more.py"
    lost.unlink()
    result = forked("check", cwd=project)
    assert result.returncode == 2
    told = (
        f"error: {lost} is deployed, and its file is gone: new databases never get what it did. "
        "Restore it with git, or let the file that takes its place name it in `replaces`.\n"
    )
    assert result.stderr == told
    other = {"shop/migrations/0001_initial.py": migration(POST, attributes="initial = True")}
    write_project(project, other)
    result = forked("check", cwd=project)
    assert (result.returncode, result.stderr) == (2, told), result.stdout
    assert "1 migration checked" in result.stdout
    shutil.rmtree(project / "shop/migrations")
    shutil.rmtree(project / "blog/migrations")  # the whole app goes
    assert forked("check", cwd=project).returncode == 0
