"""``migfix squash-finish`` on projects with a deployed database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from cases import contents
from conftest import Migfix
from test_squash import PROJECTS, SETTINGS, database, django_admin, files, written

APPS = ["authors", "books", "shops"]
DUMP = """
import django, json
django.setup()
from django.db import connection
with connection.cursor() as cursor:
    found = {}
    for table in sorted(connection.introspection.table_names(cursor)):
        cursor.execute(f"SELECT * FROM {table} ORDER BY 1")
        rows = [list(map(str, row)) for row in cursor.fetchall()]
        found[table] = [[column[0] for column in cursor.description], rows]
print(json.dumps(found))
"""


def dump(root: Path) -> dict[str, Any]:
    """Every table with its columns and rows, including Django's own."""
    environment = {"DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(root), "PATH": "/usr/bin:/bin"}
    result = subprocess.run(
        [sys.executable, "-c", DUMP], cwd=root, env=environment, capture_output=True, text=True, check=True
    )
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def deployed(root: Path, settings: dict[str, Any], migfix: Migfix, name: str = "one key in the middle") -> Path:
    """A project whose database has applied the original chain, and whose squashed migration was just added."""
    written(PROJECTS[name], root)
    lines = [f"{key} = {value!r}\n" for key, value in {**SETTINGS, "INSTALLED_APPS": APPS}.items()]
    (root / "settings.py").write_text("".join(lines) + f"DATABASES = {{'default': {settings!r}}}\n")
    (root / "manage.py").write_text("import os\n\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n")
    squashed = {path: text for path, text in files(root).items() if "_squashed_" in path}
    for path in squashed:
        (root / path).unlink()
    migrated = django_admin(root, "migrate")
    assert migrated.returncode == 0, migrated.stderr
    for path, text in squashed.items():
        (root / path).write_text(text)
    result = migfix("apply", *APPS, "--select", "MIG2", cwd=root)
    assert result.returncode == 0, result.stdout + result.stderr
    return root


@pytest.mark.parametrize("name", ["one key in the middle", "both apps squashed"])
def test_changes_nothing_in_the_database(name: str, tmp_path: Path, engine: str, migfix: Migfix) -> None:
    if os.environ.get("CI") and engine == "sqlite":
        pytest.skip("the other tests here run on SQLite, and the gate has 20 minutes")
    with database(engine, tmp_path) as settings:
        root = deployed(tmp_path / "project", settings, migfix, name)
        assert django_admin(root, "migrate").returncode == 0
        before = dump(root)
        for app in ("authors", *(["books"] if name.startswith("both") else [])):
            result = migfix("squash-finish", app, cwd=root)
            assert result.returncode == 0, result.stdout + result.stderr
        left = files(root)
        assert not any("replaces" in text for text in left.values())
        assert all("_squashed_" in path for path in left if path.startswith("authors"))
        migrated = django_admin(root, "migrate")
        assert "No migrations to apply." in migrated.stdout, migrated.stdout + migrated.stderr
        assert dump(root) == before
        assert django_admin(root, "makemigrations", "--check").returncode == 0
        pruned = django_admin(root, "migrate", "authors", "--prune")
        assert pruned.returncode == 0, pruned.stderr
        assert "[ ]" not in django_admin(root, "showmigrations").stdout


@pytest.fixture
def project(tmp_path: Path, migfix: Migfix) -> Path:
    """A project on SQLite, in whose database the squashed migrations are recorded."""
    settings = {"ENGINE": "django.db.backends.sqlite3", "NAME": str(tmp_path / "db.sqlite3")}
    root = deployed(tmp_path / "project", settings, migfix)
    assert django_admin(root, "migrate").returncode == 0
    return root


FINISHED = """\
authors/migrations/0001_initial.py: deleted
authors/migrations/0001_squashed_0004_author_email.py: changed
authors/migrations/0002_author_age.py: deleted
authors/migrations/0003_author_best.py: deleted
authors/migrations/0003_squashed_0004_author_email.py: changed
authors/migrations/0004_author_email.py: deleted
books/migrations/0001_initial.py: changed
shops/migrations/0001_initial.py: changed
Once this is deployed, `migrate authors --prune` clears their rows in django_migrations.
"""


def test_output_and_undo(project: Path, migfix: Migfix) -> None:
    (project / "authors/migrations/max_migration.txt").write_text("0004_author_email\n")
    was = contents(project)
    shown = migfix("squash-finish", "authors", "--dry-run", cwd=project)
    assert contents(project) == was
    assert "--- a/authors/migrations/0002_author_age.py\n+++ /dev/null\n" in shown.stdout
    assert "authors/migrations/0002_author_age.py: would be deleted\n" in shown.stderr
    assert "books/migrations/0001_initial.py: would be changed\n" in shown.stderr
    result = migfix("squash-finish", "authors", cwd=project)
    assert result.stdout == FINISHED.replace("books/", "authors/migrations/max_migration.txt: changed\nbooks/")
    assert (project / "authors/migrations/max_migration.txt").read_text() == "0003_squashed_0004_author_email\n"
    assert (
        "('authors', '0001_squashed_0004_author_email')" in (project / "books/migrations/0001_initial.py").read_text()
    )
    assert migfix("undo", cwd=project).returncode == 0
    assert contents(project) == was
    patched = subprocess.run(
        ["git", "apply"], cwd=project, input=shown.stdout.encode(), capture_output=True, check=False
    )
    assert patched.returncode == 0, patched.stderr
    assert not (project / "authors/migrations/0002_author_age.py").exists()


def refused(migfix: Migfix, root: Path, *arguments: str) -> str:
    was = contents(root)
    result = migfix("squash-finish", "authors", *arguments, cwd=root)
    assert contents(root) == was
    assert result.returncode == 1, result.stderr
    ending = "The replaced migrations of authors are still needed. Nothing was written.\n"
    assert result.stdout.endswith(ending)
    return result.stdout.removesuffix(ending)


def test_refuses_while_a_database_needs_them(project: Path, migfix: Migfix, tmp_path: Path) -> None:
    settings = (project / "settings.py").read_text()
    other = settings.replace("db.sqlite3", "other.sqlite3").partition("DATABASES = ")[2]
    (project / "settings.py").write_text(settings + f"DATABASES['replica'] = {other.strip()}['default']\n")
    hidden = {path: text for path, text in files(project).items() if "_squashed_" in path}
    for path in hidden:
        (project / path).unlink()
    assert django_admin(project, "migrate", "--database", "replica", "authors", "0003").returncode == 0
    for path, text in hidden.items():
        (project / path).write_text(text)
    assert refused(migfix, project) == (
        "can't finish: authors.0001_squashed_0004_author_email: database replica has applied everything "
        "it replaces but not recorded it: run `migrate` there once.\n"
        "can't finish: authors.0003_squashed_0004_author_email: database replica has applied 1 of the "
        "2 that it replaces: run `migrate` there first.\n"
    )
    assert migfix("squash-finish", "authors", "--database", "default", "--dry-run", cwd=project).returncode == 0


def test_refuses_while_code_names_them(project: Path, migfix: Migfix) -> None:
    (project / "tests.py").write_text(
        "from importlib import import_module\n\n"
        'step = import_module("authors.migrations.0004_author_email")\n'
        'migrate_to = [("authors", "0002_author_age"), ("books", "0001_initial")]\n'
        'executor.migrate("authors", "0001_initial")  # 0003_author_best\n'
    )
    again = "change it to what replaces it, or remove it.\n"
    assert refused(migfix, project) == (
        f"can't finish: tests.py:3: mentions 0004_author_email: {again}"
        f"can't finish: tests.py:4: mentions 0002_author_age: {again}"
        f"can't finish: tests.py:5: mentions 0001_initial: {again}"
    )


def test_refuses_a_squash_that_lost_a_field(project: Path, migfix: Migfix) -> None:
    for path in (project / "authors/migrations").glob("*_squashed_*.py"):
        path.write_text(path.read_text().replace("name='email'", "name='mail'"))
    told = "can't finish: authors: the squash ends in different models than what it replaces: authors.Author."
    again = "Squash the files again, or add what is missing to its operations.\n"
    assert refused(migfix, project).startswith(f"{told}email is missing. {again}{told}mail is new. {again}")


def test_refuses_to_delete_a_newer_file(project: Path, migfix: Migfix) -> None:
    folder = project / "authors/migrations"
    squash = max(each.stem for each in folder.glob("*_squashed_*.py"))
    for path in folder.glob("000[1-4]_*.py"):
        if "_squashed_" not in path.name:
            path.unlink()
    (folder / "0004_author_email.py").write_text(
        "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
        f"    dependencies = [('authors', '{squash}')]\n"
        "    operations = [migrations.AddField('author', 'phone', models.TextField(default=''))]\n"
    )
    told = "0004_author_email is newer than the squash, which replaces another file of that name: rename it."
    assert told in refused(migfix, project)


def test_errors_are_one_line(project: Path, migfix: Migfix) -> None:
    for arguments, expected in [
        (["books"], "error: There is nothing to finish in books: it has no squashed migration.\n"),
        (["nowhere"], "error: There is nothing to finish in nowhere: the project has no such app.\n"),
        (["authors", "--database", "x"], "error: Database x can't be read: it isn't in the settings."),
        (["authors", "--settings", "gone"], "error: The databases of gone can't be read: ModuleNotFoundError"),
    ]:
        result = migfix("squash-finish", *arguments, cwd=project)
        assert result.returncode == 2
        assert result.stderr.startswith(expected)
        assert result.stderr.count("\n") == 1
