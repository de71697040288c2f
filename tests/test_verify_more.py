"""Verify with third-party database backends, and the values that two versions wrote."""

from __future__ import annotations

from pathlib import Path

from conftest import Migfix
from projects import POST, POST_MODEL, SETTINGS, git, migration, write_project

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


LOOP = "    for post in Post.objects.all():\n        post.title = str(post)\n        post.save()\n"
FILL = f"def fill(apps, schema_editor):\n{{}}{LOOP}"
LIVE = FILL.format("    from blog.models import Post\n\n")
HISTORICAL = FILL.format('    Post = apps.get_model("blog", "Post")\n')


def test_compare_finds_different_values(tmp_path: Path, forked: Migfix) -> None:
    """A historical model has no ``__str__()``. Both versions run to the end, and one stores "Post object (101)"."""
    run = "migrations.RunPython(fill, migrations.RunPython.noop),"
    project = write_project(
        tmp_path,
        {
            "blog/models.py": POST_MODEL + "\n    def __str__(self):\n        return 'a post'\n",
            "blog/migrations/0001_initial.py": migration(POST, attributes="initial = True"),
            "blog/migrations/0002_fill.py": migration(run, ("blog", "0001_initial"), functions=LIVE),
        },
    )
    git("init", cwd=project)
    git("add", ".", cwd=project)
    git("commit", "-m", "as it was", cwd=project)
    rewritten = migration(run, ("blog", "0001_initial"), functions=HISTORICAL)
    (project / "blog/migrations/0002_fill.py").write_text(rewritten)
    command = ["verify", "blog/migrations/0002_fill.py", "--settings", "settings", "--compare"]
    result = forked(*command, cwd=project)
    told = "blog_post.title of row 101 is Post object (101) instead of a post; blog_post.title of row 102 is"
    assert told in result.stdout, result.stdout + result.stderr
    assert result.returncode == 1
    (project / "blog/migrations/0002_fill.py").write_text(rewritten.replace("str(post)", "'a post'"))
    result = forked(*command, cwd=project)
    assert result.returncode == 0, result.stdout + result.stderr
