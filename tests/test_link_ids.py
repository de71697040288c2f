"""MIG113 and links: a project that moves to BigAutoField, on databases whose link tables have small ids."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Migfix
from projects import migration, write_project
from test_deployed_files import SETTINGS
from test_leftovers import run_sql
from test_squash import database, django_admin
from test_squash_finish import dump

SMALL = "models.AutoField(auto_created=True, primary_key=True, serialize=False)"
BIG = SMALL.replace("Auto", "BigAuto", 1)
FIRST = f"""migrations.CreateModel("Tag", [("id", {SMALL})]),
migrations.CreateModel("Post", [("id", {SMALL}), ("tags", models.ManyToManyField("blog.Tag"))]),"""
SECOND = f"""migrations.AlterField("post", "id", {BIG}),
migrations.AlterField("tag", "id", {BIG}),"""
PATH = "blog/migrations/0002_big.py"


@pytest.mark.parametrize("is_rewritten", [True, False])
def test_links_may_be_many(tmp_path: Path, each_engine: str, forked: Migfix, is_rewritten: bool) -> None:
    """The rewritten file makes room for a large id. The original one doesn't, except on SQLite."""
    with database(each_engine, tmp_path) as settings:
        root = write_project(
            tmp_path / "project", {"blog/migrations/0001_initial.py": migration(FIRST, attributes="initial = True")}
        )
        text = f"{SETTINGS}DATABASES = {{'default': {settings!r}}}\nDEFAULT_AUTO_FIELD = 'django.db.models.AutoField'\n"
        (root / "settings.py").write_text(text)
        assert django_admin(root, "migrate").returncode == 0
        links = "INSERT INTO blog_post_tags (id, post_id, tag_id) VALUES (7, 5, 4)"
        run_sql(root, "INSERT INTO blog_tag (id) VALUES (4)", "INSERT INTO blog_post (id) VALUES (5)", links)
        (root / "settings.py").write_text(text.replace("AutoField'", "BigAutoField'"))
        (root / PATH).write_text(migration(SECOND, ("blog", "0001_initial")))
        if is_rewritten:
            applied = forked("apply", PATH, "--force", cwd=root)
            assert applied.returncode == 0, applied.stdout
            assert "MIG113" in applied.stdout
            assert forked("check", PATH, "--force", cwd=root).returncode == 0
        for target in ("0002", "0001", "0002"):
            migrated = django_admin(root, "migrate", "blog", target)
            assert migrated.returncode == 0, migrated.stderr
        columns, found = dump(root)["blog_post_tags"]
        assert [dict(zip(columns, row, strict=True)) for row in found] == [{"id": "7", "post_id": "5", "tag_id": "4"}]
        inserted = "INSERT INTO blog_tag (id) VALUES (9)", links.replace("7, 5, 4", "3000000000, 5, 9")
        if is_rewritten or each_engine == "sqlite":
            run_sql(root, *inserted)
            return
        with pytest.raises(AssertionError, match=r"(?i)out of range"):
            run_sql(root, *inserted)
