"""Accepted findings: comments, path patterns, the baseline. Also which configuration is in effect."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Migfix
from projects import git, migration, write_project

FUNCTIONS = """
def fill(apps, schema_editor):
    apps.get_model("blog", "Post").objects.update(title="x")


def cut(apps, schema_editor):
    apps.get_model("blog", "Post").objects.update(title="y")
"""
TWO = """\
migrations.RunPython(fill),
migrations.RunPython(
    cut,
),"""
FILE = "blog/migrations/0002_steps.py"


def site(tmp_path: Path, operations: str = TWO, pyproject: str = "", functions: str = FUNCTIONS) -> Path:
    first = 'migrations.CreateModel("Post", [("id", ID), ("title", models.CharField(max_length=50))]),'
    files = {
        "blog/migrations/0001_initial.py": migration(first),
        FILE: migration(operations, ("blog", "0001_initial"), functions=functions),
        "pyproject.toml": pyproject,
    }
    return write_project(tmp_path / "site", files)


def found(migfix: Migfix, folder: Path, *arguments: str) -> tuple[int, str]:
    """The number of findings, and the output on stderr."""
    result = migfix("check", "blog", *arguments, cwd=folder)
    return result.stdout.count(" MIG"), result.stderr


@pytest.mark.parametrize(
    ("comment", "left"),
    [
        ("migrations.RunPython(fill),  # migfix: ignore[MIG301]", 1),
        ("migrations.RunPython(fill),  # migfix: ignore", 1),
        ("migrations.RunPython(fill),  # migfix: ignore[add-reverse] nobody goes back", 1),
        ("# migfix: ignore[MIG3]\n# the reason\nmigrations.RunPython(fill),", 1),
        ("migrations.RunPython(fill),  # migfix: ignore[MIG101, MIG301]", 1),
        ("migrations.RunPython(fill),  # noqa: E501  # migfix: ignore [MIG301]", 1),
        ("# migfix: ignore-file\nmigrations.RunPython(fill),", 0),
        ("# migfix: ignore-file[MIG301]\nmigrations.RunPython(fill),", 0),
    ],
)
def test_comments(tmp_path: Path, migfix: Migfix, comment: str, left: int) -> None:
    folder = site(tmp_path, TWO.replace("migrations.RunPython(fill),", comment))
    assert found(migfix, folder) == (left, "")
    assert migfix("apply", "blog", cwd=folder).returncode == 0
    assert (folder / FILE).read_text().count("reverse_code") == 0
    assert (folder / FILE).read_text().count("RunPython.noop") == left


def test_a_comment_inside_an_operation(tmp_path: Path, migfix: Migfix) -> None:
    folder = site(tmp_path, TWO.replace("    cut,", "    cut,  # migfix: ignore[MIG301]"))
    assert found(migfix, folder) == (1, "")


def test_a_comment_in_a_function(tmp_path: Path, migfix: Migfix) -> None:
    """A finding inside a function is accepted by a comment on the function."""
    live = "# migfix: ignore[MIG105]\ndef fill(apps, _):\n    from blog.models import Post\n\n    Post.objects.all()\n"
    folder = site(tmp_path, "migrations.RunPython(fill, migrations.RunPython.noop),", functions=live)
    (folder / "blog/models.py").write_text("from django.db import models\n\n\nclass Post(models.Model):\n    pass\n")
    assert found(migfix, folder) == (0, "")
    (folder / FILE).write_text((folder / FILE).read_text().replace("# migfix: ignore[MIG105]\n", ""))
    assert found(migfix, folder) == (1, "")


@pytest.mark.parametrize("code", ["MIG101", "MIG999", "no-such-rule"])
def test_unused_comment(tmp_path: Path, migfix: Migfix, code: str) -> None:
    folder = site(tmp_path, TWO.replace("(fill),", f"(fill),  # migfix: ignore[{code}]"))
    told = f"`migfix: ignore[{code}]` is an unused ignore comment; remove it.\n"
    assert found(migfix, folder) == (2, f"{FILE}:16: {told}")


@pytest.mark.parametrize("said", ["ignore[MIG301", "ignored", "ignore-all"])
def test_a_comment_that_cannot_be_read(tmp_path: Path, migfix: Migfix, said: str) -> None:
    """It accepts nothing, and is reported."""
    folder = site(tmp_path, TWO.replace("(fill),", f"(fill),  # migfix: {said}"))
    told = f"{FILE}:16: `migfix: {said}` is an unused ignore comment; remove it.\n"
    assert found(migfix, folder) == (2, told)


def test_a_bare_comment_where_its_rule_is_off(tmp_path: Path, migfix: Migfix) -> None:
    folder = site(tmp_path, TWO.replace("(fill),", "(fill),  # migfix: ignore"))
    assert found(migfix, folder, "--select", "MIG2") == (0, "")


def test_a_comment_for_a_rule_that_is_off_is_not_unused(tmp_path: Path, migfix: Migfix) -> None:
    folder = site(tmp_path, TWO.replace("(fill),", "(fill),  # migfix: ignore[MIG401]"))
    assert found(migfix, folder) == (2, "")


def test_a_comment_for_a_rule_that_git_or_a_database_decides(tmp_path: Path, migfix: Migfix) -> None:
    """It accepts a dependency that was added to a deployed file. On the default branch, nothing is left to accept."""
    folder = site(tmp_path, TWO + "  # migfix: ignore-file[MIG206]")
    assert found(migfix, folder) == (2, "")


def test_a_comment_inside_a_string_is_ignored(tmp_path: Path, migfix: Migfix) -> None:
    folder = site(tmp_path, TWO + '\nmigrations.RunSQL("-- # migfix: ignore-file", ""),')
    assert found(migfix, folder) == (2, "")


@pytest.mark.parametrize("pattern", ["blog/migrations/0002*", "*/0002_steps.py", "blog/**"])
@pytest.mark.parametrize("codes", ['["MIG301"]', '"MIG3"', '["add-reverse"]', '["ALL"]'])
def test_per_file_ignores(tmp_path: Path, migfix: Migfix, pattern: str, codes: str) -> None:
    folder = site(tmp_path, pyproject=f'[tool.migfix.per-file-ignores]\n"{pattern}" = {codes}\n')
    assert found(migfix, folder) == (0, "")


@pytest.mark.parametrize(
    ("pyproject", "told"),
    [
        ('per-file-ignores = {"a/*" = 3}', "`per-file-ignores` of a/* must be a list of codes."),
        ('after-makemigrations = "yes"', "`after-makemigrations` can't be `yes`. It is one of ask, fix, show, off."),
        ("per-file-ignore = {}", "[tool.migfix] has no key `per-file-ignore`. Did you mean `per-file-ignores`?"),
    ],
)
def test_configuration_that_cannot_be_used(tmp_path: Path, migfix: Migfix, pyproject: str, told: str) -> None:
    folder = site(tmp_path, pyproject=f"[tool.migfix]\n{pyproject}\n")
    assert found(migfix, folder) == (0, f"error: {folder}/pyproject.toml: {told}\n")


def test_a_pattern_for_an_unknown_rule(tmp_path: Path, migfix: Migfix) -> None:
    folder = site(tmp_path, pyproject='[tool.migfix.per-file-ignores]\n"blog/*" = ["MIG999"]\n')
    told = "error: Unknown rule `MIG999`. Use codes like MIG101, groups like MIG1, or ALL.\n"
    assert found(migfix, folder) == (0, told)


def test_baseline(tmp_path: Path, migfix: Migfix) -> None:
    folder = site(tmp_path)
    assert migfix("baseline", cwd=folder).stdout == "2 findings in 1 file accepted in migfix-baseline.json\n"
    accepted = {"version": 1, "accepted": {FILE: {"MIG301": 2}}}
    assert json.loads((folder / "migfix-baseline.json").read_text()) == accepted
    before = (folder / FILE).read_bytes()
    told = "nothing to do: 2 migrations checked, 2 findings suppressed\n"
    assert migfix("apply", "blog", cwd=folder).stdout.endswith(f" not judged\n{told}")
    assert (folder / FILE).read_bytes() == before
    (folder / FILE).write_bytes(before.replace(b"    cut,\n),", b"    cut,\n),\nmigrations.RunPython(fill),"))
    assert found(migfix, folder)[0] == 1
    assert migfix("apply", "blog", cwd=folder).returncode == 0
    assert (folder / FILE).read_bytes().count(b"noop") == 1
    assert found(migfix, folder)[0] == 0
    assert migfix("baseline", "--select", "MIG101", cwd=folder).stdout == "nothing to accept\n"
    assert not (folder / "migfix-baseline.json").exists()


def test_baseline_of_some_paths(tmp_path: Path, migfix: Migfix) -> None:
    """What was accepted elsewhere stays accepted. A migration that migfix can't read can be accepted too."""
    folder = site(tmp_path)
    later = folder / "shop/migrations/0001_initial.py"
    later.parent.mkdir(parents=True)
    (folder / "shop/__init__.py").touch()
    later.write_text(migration("", attributes="").replace("operations = [", "operations = [][:] + ["))
    assert migfix("baseline", "blog", cwd=folder).returncode == 0
    assert migfix("baseline", "shop", cwd=folder).returncode == 0
    accepted = json.loads((folder / "migfix-baseline.json").read_text())["accepted"]
    assert accepted == {FILE: {"MIG301": 2}, "shop/migrations/0001_initial.py": {"MIG001": 1}}
    told = "nothing to do: 3 migrations checked, 3 findings suppressed\n"
    assert migfix("check", "blog", "shop", cwd=folder).stdout.endswith(told)
    (folder / FILE).write_text("class Migration(:\n")
    result = migfix("baseline", cwd=folder)
    assert (result.returncode, result.stderr.endswith(" No baseline was written.\n")) == (2, True)
    assert json.loads((folder / "migfix-baseline.json").read_text())["accepted"] == accepted


@pytest.mark.parametrize("pyproject", ["", "[tool.migfix]\nselect = ['MIG3']\n"])
def test_a_baseline_of_the_whole_repository(tmp_path: Path, migfix: Migfix, pyproject: str) -> None:
    """It is written at the top and applies to each project below, whatever the project's own configuration is."""
    git("init", cwd=tmp_path)
    folder = site(tmp_path, pyproject=pyproject)
    (folder / "manage.py").touch()
    assert migfix("baseline", cwd=tmp_path).stdout == "2 findings in 1 file accepted in migfix-baseline.json\n"
    assert (tmp_path / "migfix-baseline.json").exists()
    assert found(migfix, folder)[0] == 0
    assert migfix("baseline", "--select", "MIG101", cwd=folder).stdout == "nothing to accept\n"
    assert not (tmp_path / "migfix-baseline.json").exists()


@pytest.mark.parametrize("content", ["{", "[]", '{"version": 1}', '{"version": 1, "accepted": {"a": 3}}'])
def test_an_invalid_baseline(tmp_path: Path, migfix: Migfix, content: str) -> None:
    folder = site(tmp_path)
    (folder / "migfix-baseline.json").write_text(content)
    told = f"error: {folder}/migfix-baseline.json is not a baseline of migfix. Create it again: migfix baseline.\n"
    assert found(migfix, folder) == (0, told)


CONFIG = """\
# {folder}/pyproject.toml
[tool.migfix]
select = ["MIG3"]  # pyproject.toml
# extend-select: nothing beyond `select`
ignore = []  # default
engines = ["postgresql"]  # pyproject.toml
# apps: labels are read from apps.py and from dependencies
auth-user-model = "accounts.user"  # read from the settings that manage.py names
# django: read from the first line of each migration
# migration-modules: not set
values = {{"blog.Post.title" = "x"}}  # pyproject.toml
# moved: not set
# duplicates: not set
# renamed: not set
# map: not set
# truncate: not set
# settings: the project isn't imported; verify uses DJANGO_SETTINGS_MODULE, then manage.py
# databases: no database is asked what is applied
# per-file-ignores: not set
after-makemigrations = "ask"  # default
# rules: MIG301 MIG302 MIG303
"""


def test_config(tmp_path: Path, migfix: Migfix) -> None:
    table = '[tool.migfix]\nselect = ["MIG3"]\nengines = ["postgresql"]\nvalues = {"blog.Post.title" = "x"}\n'
    folder = site(tmp_path, pyproject=table)
    (folder / "manage.py").write_text('import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n')
    with (folder / "settings.py").open("a") as file:
        file.write('AUTH_USER_MODEL = "accounts.User"\n')
    assert migfix("config", cwd=folder / "blog").stdout == CONFIG.format(folder=folder)
