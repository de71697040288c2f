"""MIG107 in real projects: functions that move with their model, and one file named alone."""

from __future__ import annotations

from pathlib import Path

from conftest import Migfix
from projects import ID, migration, write_project

FIELDS = f'("id", {ID}), ("code", models.CharField(default=APP.models.make_code, max_length=9)),'
OLD = f'migrations.CreateModel("Book", [{FIELDS.replace("APP", "library")}]),'
NEW = f'migrations.CreateModel("Book", [{FIELDS.replace("APP", "crm")}]),'


def moved(root: Path) -> Path:
    imports = "import {0}.models\nfrom django.db import migrations, models"
    files = {
        "library/models.py": "",
        "crm/models.py": "def make_code():\n    return 'x'\n",
        "library/migrations/0001_initial.py": migration(OLD, attributes="initial = True"),
        "library/migrations/0002_delete_book.py": migration(
            'migrations.DeleteModel("Book"),', ("library", "0001_initial")
        ),
        "crm/migrations/0001_initial.py": migration(NEW, ("library", "0001_initial"), attributes="initial = True"),
    }
    for app in ("library", "crm"):
        name = f"{app}/migrations/0001_initial.py"
        files[name] = files[name].replace("from django.db import migrations, models", imports.format(app))
    return write_project(root, files)


def test_a_function_that_moved_with_its_model_is_the_same(tmp_path: Path, forked: Migfix) -> None:
    paths = ["library/migrations/0002_delete_book.py", "crm/migrations/0001_initial.py"]
    site = moved(tmp_path)
    assert "pass --moved library.Book=crm.Book" in forked("check", *paths, cwd=site).stdout
    result = forked("apply", *paths, "--moved", "library.Book=crm.Book", cwd=site)
    assert "keeps the rows in their table" in result.stdout, result.stdout


def test_one_file_named_alone_is_reported(tmp_path: Path, forked: Migfix) -> None:
    site = moved(tmp_path)
    result = forked("check", "library/migrations/0002_delete_book.py", cwd=site)
    assert result.returncode == 1
    named = site / "crm/migrations/0001_initial.py"
    assert f"  next: If the model moved, pass {named} too, with --moved library.Book=crm.Book. " in result.stdout
