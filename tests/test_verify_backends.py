"""Verify with database backends of other people."""

from __future__ import annotations

from pathlib import Path

from conftest import Migfix
from projects import POST, POST_MODEL, SETTINGS, migration, write_project

BACKEND = """
from django.db.backends.sqlite3 import base

from blog.models import Post  # as that of django-tenants imports its models


class DatabaseWrapper(base.DatabaseWrapper):
    pass
"""


def test_a_backend_may_import_models(tmp_path: Path, forked: Migfix) -> None:
    project = write_project(
        tmp_path,
        {
            "settings.py": SETTINGS.replace("django.db.backends.sqlite3", "backend"),
            "backend/base.py": BACKEND,
            "blog/models.py": POST_MODEL + '\n    class Meta:\n        db_table = "blog_post"\n',
            "blog/migrations/0001_initial.py": migration(
                POST.replace("]),", '], options={"db_table": "blog_post"}),'), attributes="initial = True"
            ),
        },
    )
    result = forked("verify", "blog/migrations/0001_initial.py", "--settings", "settings", cwd=project)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "passes on sqlite" in result.stdout
