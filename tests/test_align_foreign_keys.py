"""MIG601 on MySQL and MariaDB: tables whose engine, type or collation keeps a new foreign key out."""

from __future__ import annotations

import os
from datetime import date
from pathlib import Path

import pytest
from conftest import Migfix
from projects import migration, write_project
from test_deployed_files import SETTINGS
from test_leftovers import run_sql
from test_squash import database, django_admin
from test_squash_finish import dump

CATEGORY = """migrations.CreateModel("Category", [
    ("id", ID), ("name", models.CharField(max_length=50)), ("code", models.CharField(max_length=20, unique=True)),
]),
migrations.CreateModel("Post", [("id", ID), ("title", models.CharField(max_length=50))]),"""
ADDED = 'migrations.AddField("post", "category", models.ForeignKey("blog.Category", models.CASCADE, null=True)),'
BY_CODE = ADDED.replace("models.CASCADE", 'models.CASCADE, to_field="code"')
CREATED = """migrations.CreateModel("Tag", [
    ("id", ID), ("category", models.ForeignKey("blog.Category", models.CASCADE, to_field="code")),
]),"""
LINKED = 'migrations.AddField("post", "categories", models.ManyToManyField("blog.Category")),'
MYISAM = "ALTER TABLE blog_category ENGINE = MyISAM"
LATIN = "ALTER TABLE blog_category MODIFY code varchar(20) CHARACTER SET latin1 COLLATE latin1_swedish_ci NOT NULL"
INT = "ALTER TABLE blog_category MODIFY id int NOT NULL AUTO_INCREMENT"
FIRST = migration(CATEGORY, attributes="initial = True")
NAMED = ["blog/migrations/0002_key.py", "--settings", "settings", "--database", "default"]
CASES = {
    "engine, column": (MYISAM, ADDED),
    "engine, links": (MYISAM, LINKED),
    "type, column": (INT, ADDED),
    "type, links": (INT, LINKED),
    "collation, column": (LATIN, BY_CODE),
    "collation, table": (LATIN, CREATED),
}


def project(root: Path, settings: dict[str, object], operation: str, *sql: str) -> Path:
    """A project whose database has applied the first of two migrations and was changed by hand."""
    write_project(root, {"blog/migrations/0001_initial.py": FIRST})
    (root / "settings.py").write_text(f"{SETTINGS}DATABASES = {{'default': {settings!r}}}\n")
    assert django_admin(root, "migrate").returncode == 0
    insert = "INSERT INTO blog_category (name, code) VALUES ('a', 'x')"
    run_sql(root, insert, "INSERT INTO blog_post (title) VALUES ('p')", *sql)
    (root / "blog/migrations/0002_key.py").write_text(migration(operation, ("blog", "0001_initial")))
    return root


def rows(root: Path) -> list[list[str]]:
    found: list[list[str]] = dump(root)["blog_category"][1]
    return found


@pytest.mark.parametrize("name", CASES)
def test_a_table_is_brought_in_line(name: str, tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    sql, operation = CASES[name]
    if each_engine not in ("mysql", "mariadb"):
        pytest.skip("only MySQL and MariaDB have storage engines")
    if os.environ.get("CI") and (list(CASES).index(name) + date.today().toordinal()) % 2 == (each_engine == "mysql"):
        pytest.skip("in CI it runs on one of the two, and on the other one the next day")
    with database(each_engine, tmp_path) as settings:
        root = project(tmp_path / "project", settings, operation, sql)
        before, path = rows(root), root / "blog/migrations/0002_key.py"
        applied = forked("apply", *NAMED, cwd=root)
        assert applied.returncode == 0, applied.stdout + applied.stderr
        assert "MIG601" in applied.stdout
        assert forked("check", *NAMED, cwd=root).returncode == 0
        for target in ("0002", "0001", "0002"):
            migrated = django_admin(root, "migrate", "blog", target)
            assert migrated.returncode == 0, migrated.stderr
        assert rows(root) == before
        rewritten = path.read_text()
    (tmp_path / "new").mkdir()
    for other in (each_engine, "sqlite"):  # a database that is in line, and one of another kind
        with database(other, tmp_path / "new") as settings:
            root = project(tmp_path / "new" / other, settings, operation)
            (root / "blog/migrations/0002_key.py").write_text(rewritten)
            for target in ("0002", "0001", "0002"):
                migrated = django_admin(root, "migrate", "blog", target)
                assert migrated.returncode == 0, migrated.stderr


@pytest.mark.parametrize("name", CASES)
def test_without_it_the_key_fails(name: str, tmp_path: Path, each_engine: str) -> None:
    if each_engine not in ("mysql", "mariadb"):
        pytest.skip("only MySQL and MariaDB have storage engines")
    sql, operation = CASES[name]
    with database(each_engine, tmp_path) as settings:
        root = project(tmp_path / "project", settings, operation, sql)
        failed = django_admin(root, "migrate")
        assert failed.returncode
        assert any(each in failed.stderr for each in ("1215", "1005", "3780", "1824")), failed.stderr


def test_other_keys_to_the_column(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    """They would have to change with it."""
    if each_engine not in ("mysql", "mariadb"):
        pytest.skip("only MySQL and MariaDB have this")
    key = "FOREIGN KEY (category_id) REFERENCES blog_category (id)"
    other = f"CREATE TABLE legacy (id int PRIMARY KEY, category_id int, {key})"
    with database(each_engine, tmp_path) as settings:
        root = project(tmp_path / "project", settings, ADDED, INT, other)
        result = forked("check", *NAMED, cwd=root)
        assert result.returncode == 1
        assert (
            "  next: These columns point at it and must change with it: legacy.category_id. Drop their constraints, "
            "change all of these columns, and add the constraints again.\n"
        ) in result.stdout


@pytest.mark.parametrize("operation", [ADDED, BY_CODE, CREATED, LINKED])
def test_tables_that_are_in_line(operation: str, tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    with database(each_engine, tmp_path) as settings:
        root = project(tmp_path / "project", settings, operation)
        result = forked("check", *NAMED, "--select", "MIG601", cwd=root)
        assert result.returncode == 0, result.stdout


@pytest.mark.parametrize("size", [768, 769])
def test_an_index_that_is_too_long(size: int, tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    """3072 bytes are 768 characters of utf8mb4. MariaDB makes a hash of longer values."""
    field = f'migrations.AddField("post", "code", models.CharField(max_length={size}, unique=True, null=True)),'
    with database(each_engine, tmp_path) as settings:
        root = project(tmp_path / "project", settings, field)
        result = forked("check", *NAMED, "--select", "MIG601", cwd=root)
        fails = size == 769 and each_engine == "mysql"
        assert result.returncode == fails, result.stdout
        assert ("the index on code needs 3076 bytes, and default allows 3072" in result.stdout) == fails
        assert bool(django_admin(root, "migrate").returncode) == fails
