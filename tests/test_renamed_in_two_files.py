"""MIG109 and a field that one new file removes and the next one adds."""

from __future__ import annotations

from pathlib import Path

import pytest
from cases import commit
from conftest import Migfix
from projects import migration, write_project

TABLE = """migrations.CreateModel("Post", [
    ("id", ID), ("title", models.CharField(max_length=50)),
    ("author_id", models.IntegerField()), ("size", models.IntegerField()),
]),"""
ENDING = "If not, accept this with `# migfix: ignore[MIG109]`."
MOVE = "move the AddField into this file, after the RemoveField, and run migfix apply"


def project(root: Path, removed: str, added: str, between: str = "") -> Path:
    """The first file is deployed, and the others are new."""
    write_project(root, {"blog/migrations/0001_initial.py": migration(TABLE, attributes="initial = True")})
    commit(root)
    second = migration(f'migrations.RemoveField("post", "{removed}"),', ("blog", "0001_initial"))
    (root / "blog/migrations/0002_remove.py").write_text(second)
    step = """
def fill(apps, schema_editor):
    for post in apps.get_model("blog", "post").objects.using(schema_editor.connection.alias):
        post.headline = "x"
        post.save()
"""
    third = migration(f"{added}\n{between}", ("blog", "0002_remove"), functions=step if between else "")
    (root / "blog/migrations/0003_add.py").write_text(third)
    return root


@pytest.mark.parametrize(
    ("removed", "added", "why", "next_step"),
    [
        (
            "title",
            'migrations.AddField("post", "headline", models.CharField(default="", max_length=50)),',
            "blog.Post.title is removed, and blog.0003_add adds headline. If it was renamed, its values are lost.",
            f"If it was renamed, {MOVE}. {ENDING}",
        ),
        (
            "author_id",
            'migrations.AddField("post", "author", models.ForeignKey("auth.User", models.CASCADE, null=True)),',
            "RemoveField loses the values of the column author_id, which blog.0003_add adds again.",
            f"To keep them, {MOVE}. {ENDING}",
        ),
    ],
)
def test_asked(tmp_path: Path, forked: Migfix, removed: str, added: str, why: str, next_step: str) -> None:
    root = project(tmp_path, removed, added)
    result = forked("check", "--select", "MIG109", cwd=root)
    assert result.stdout.splitlines()[:2] == [
        f"blog/migrations/0002_remove.py:9: MIG109 keep-renamed-column: can't fix: {why}",
        f"  next: {next_step}",
    ]


@pytest.mark.parametrize(
    "added",
    [
        'migrations.AddField("post", "note", models.BooleanField(default=False)),',
        'migrations.RemoveField("post", "size"),',
    ],
)
def test_another_field(tmp_path: Path, forked: Migfix, added: str) -> None:
    assert forked("check", "--select", "MIG109", cwd=project(tmp_path, "title", added)).returncode == 0


def test_a_step_fills_it(tmp_path: Path, forked: Migfix) -> None:
    added = 'migrations.AddField("post", "headline", models.CharField(default="", max_length=50)),'
    root = project(tmp_path, "title", added, "migrations.RunPython(fill, migrations.RunPython.noop),")
    assert forked("check", "--select", "MIG109", cwd=root).returncode == 0


def test_deployed_files_are_settled(tmp_path: Path, forked: Migfix) -> None:
    root = project(tmp_path, "title", 'migrations.AddField("post", "headline", models.CharField(max_length=50)),')
    commit(root)
    path = root / "blog/migrations/0004_size.py"
    path.write_text(migration('migrations.RemoveField("post", "size"),', ("blog", "0003_add")))
    assert forked("check", "--select", "MIG109", cwd=root).returncode == 0
