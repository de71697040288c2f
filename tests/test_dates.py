"""MIG110 and moments that become dates, and back: MySQL rounds the last half second of a day up to the next day."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Migfix
from projects import ID, migration, write_project
from test_deployed_files import SETTINGS
from test_leftovers import run_sql
from test_squash import database, django_admin
from test_squash_finish import dump

FIRST = f"""migrations.CreateModel("Post", [("id", {ID}), ("due", models.DateTimeField())]),"""
TO_DATE = """migrations.AlterField("post", "due", models.DateField()),"""
PATH = "blog/migrations/0002_due.py"


@pytest.mark.parametrize("is_back", [False, True], ids=["forward", "back"])
def test_the_last_half_second_of_a_day(tmp_path: Path, each_engine: str, forked: Migfix, is_back: bool) -> None:
    first, second = FIRST, TO_DATE
    if is_back:
        first, second = (
            text.replace("DateField", "X").replace("DateTimeField", "DateField") for text in (first, second)
        )
        second = second.replace("X", "DateTimeField")
    with database(each_engine, tmp_path) as settings:
        root = write_project(
            tmp_path / "project",
            {
                "blog/migrations/0001_initial.py": migration(first, attributes="initial = True"),
                PATH: migration(second, ("blog", "0001_initial")),
            },
        )
        (root / "settings.py").write_text(f"{SETTINGS}USE_TZ = True\nDATABASES = {{'default': {settings!r}}}\n")
        applied = forked("apply", PATH, "--force", cwd=root)
        assert (applied.returncode, "MIG110" in applied.stdout) == (0, True), applied.stdout
        assert django_admin(root, "migrate", "blog", "0002" if is_back else "0001").returncode == 0
        run_sql(root, "INSERT INTO blog_post (id, due) VALUES (1, '2024-02-03 23:59:59.999999')")
        for target in ("0001", "0002", "0001") if is_back else ("0002", "0001", "0002"):
            migrated = django_admin(root, "migrate", "blog", target)
            assert migrated.returncode == 0, migrated.stderr
        _, ((_, due),) = dump(root)["blog_post"]
        assert due == "2024-02-03"
