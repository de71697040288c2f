"""Untrusted projects: commands that read one run none of its code, and report problems in one line."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from cases import FIXTURES, Case, contents
from conftest import Migfix, clean_environment
from projects import POST, git, migration, write_project

CASE = Case(FIXTURES / "seed_default_row/one_off_default")
NEW = "blog/migrations/0002_category_post_category.py"
READING = [["check", "blog", "--force"], ["diff", "blog", "--force"], ["apply", "blog", "--force"], ["baseline"]]


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A project whose settings create a file when they are imported."""
    root = CASE.copy_before(tmp_path / "site")
    (root / "evil.py").write_text("from pathlib import Path\n\nPath(__file__).with_name('RAN').touch()\n")
    (root / "pyproject.toml").write_text('[tool.migfix]\nsettings = "evil"\ndatabases = ["default"]\n')
    return root


@pytest.mark.parametrize("command", READING, ids=lambda command: command[0])
def test_settings_of_the_project_are_not_imported(command: list[str], tree: Path, migfix: Migfix) -> None:
    result = migfix(*command, cwd=tree)
    assert result.returncode in (0, 1), result.stderr
    assert not (tree / "RAN").exists()
    assert result.stderr.splitlines()[0] == (
        "note: importing the settings evil of pyproject.toml would run this project's code, so "
        "migfix continues without them. Pass --settings evil, or allow it in this checkout: migfix config --trust"
    )


def test_the_note_is_shown_once_for_a_migration_by_name(tree: Path, migfix: Migfix) -> None:
    result = migfix("check", "blog", "0002", "--force", cwd=tree)
    assert [line for line in result.stderr.splitlines() if line.startswith("note: importing")] == [
        "note: importing the settings evil of pyproject.toml would run this project's code, so "
        "migfix continues without them. Pass --settings evil, or allow it in this checkout: migfix config --trust"
    ]


def test_settings_that_are_allowed(tree: Path, migfix: Migfix) -> None:
    assert migfix("config", "--trust", cwd=tree).returncode == 0
    assert "note:" not in migfix("check", "blog", "--force", cwd=tree).stderr
    assert (tree / "RAN").exists()
    (tree / "RAN").unlink()
    (tree / "evil.py").rename(tree / "other.py")
    (tree / "pyproject.toml").write_text('[tool.migfix]\nsettings = "other"\n')
    assert "note:" in migfix("check", "blog", "--force", cwd=tree).stderr  # not the settings that were allowed
    assert not (tree / "RAN").exists()


def test_settings_of_the_environment(tree: Path, migfix: Migfix) -> None:
    migfix("check", "blog", "--force", cwd=tree, MIGFIX_SETTINGS="evil")
    assert (tree / "RAN").exists()


@pytest.mark.parametrize("command", ["check", "diff", "apply"])
def test_git_runs_nothing(command: str, tmp_path: Path, migfix: Migfix) -> None:
    """Commands that a repository can configure: fsmonitor, filters, hooks, external diffs, a pager."""
    root = CASE.copy_before(tmp_path / "site")
    git("init", cwd=root)
    (root / ".gitattributes").write_text(
        "*.py filter=evil diff=evil\nmanage.py filter=a=b\nblog/migrations/0002* filter=a=b\n"
    )
    git("add", ".", cwd=root)
    git("commit", "-m", "deployed", cwd=root)
    git("checkout", "-b", "work", cwd=root)
    (root / NEW).write_text((root / NEW).read_text() + "\n# more\n")
    ran = f"touch {tmp_path / 'RAN'}; cat"
    for filtered in ("evil", "a=b"):
        git("config", f"filter.{filtered}.required", "true", cwd=root)
        for key in ("clean", "smudge", "process"):
            git("config", f"filter.{filtered}.{key}", ran, cwd=root)
    for key in ("diff.evil.textconv", "core.pager"):
        git("config", key, ran, cwd=root)
    hooks = root / "hooks"
    hooks.mkdir()
    for name in ("fsmonitor", "post-index-change", "post-checkout", "diff"):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path / 'RAN'}\n")
        (hooks / name).chmod(0o755)
    for key, value in (
        ("core.hooksPath", hooks),
        ("core.fsmonitor", hooks / "fsmonitor"),
        ("diff.external", hooks / "diff"),
    ):
        git("config", key, str(value), cwd=root)
    result = migfix(command, cwd=root)
    assert "MIG101" in result.stdout + result.stderr
    assert not (tmp_path / "RAN").exists()
    subprocess.run(["git", "diff"], cwd=root, capture_output=True, check=False)
    assert (tmp_path / "RAN").exists(), "git itself runs them"


@pytest.mark.parametrize("name", ["pyproject.toml", "ruff.toml"])
@pytest.mark.parametrize("kind", ["pipe", "device", "folder"])
def test_special_files_are_not_read(kind: str, name: str, tmp_path: Path, migfix: Migfix) -> None:
    root = CASE.copy_before(tmp_path / "site")
    if kind == "pipe":
        os.mkfifo(root / name)
    elif kind == "device":
        (root / name).symlink_to("/dev/zero")
    else:
        (root / name).mkdir()
    result = migfix("check", "blog", "--force", cwd=root)
    if name == "pyproject.toml":
        assert result.stderr == f"error: {root / name}: this is not a regular file.\n"
    else:
        assert "1 file would be rewritten" in result.stdout


def test_a_huge_file(tmp_path: Path, migfix: Migfix) -> None:
    root = CASE.copy_before(tmp_path / "site")
    with (root / NEW).open("a") as file:
        file.write("# more\n" * 3_000_000)
    result = migfix("check", "blog", "--force", cwd=root)
    assert result.returncode == 2
    assert result.stderr == f"error: {root / NEW}: this has more than 20 MB.\n"


def test_a_working_directory_that_no_longer_exists(tmp_path: Path) -> None:
    code = f"import os, sys; os.chdir({str(tmp_path)!r}); os.rmdir({str(tmp_path)!r}); sys.argv = ['migfix', 'check']\n"
    code += "from migfix.cli import main\nmain()"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stderr) == (
        2,
        "error: The working directory no longer exists. Change to one that exists.\n",
    )


LOCKED = """
import os, sys
scandir = os.scandir
def locked(path="."):
    if os.fspath(path).endswith("data"):
        raise PermissionError(13, "Permission denied", os.fspath(path))
    return scandir(path)
os.scandir = locked
sys.argv = ["migfix", "check", ".", "--force"]
from migfix.cli import main
main()
"""


def test_a_folder_that_cannot_be_listed(tmp_path: Path) -> None:
    root = CASE.copy_before(tmp_path / "site")
    (root / "data").mkdir()
    result = subprocess.run([sys.executable, "-c", LOCKED], cwd=root, capture_output=True, text=True, check=False)
    assert "note: data can't be listed and is skipped.\n" in result.stderr
    assert "1 file would be rewritten" in result.stdout


DEEP = {
    "joined strings": "x = " + " + ".join(["'a'"] * 600),
    "elif": "if a:\n    pass\n" + "elif a:\n    pass\n" * 600,
    "attributes": "x = a" + ".b" * 2000,
    "brackets": "x = " + "(" * 150 + ")" * 150 + "[0]" * 2000,
    "signs": "x = " + "-" * 2000 + "1",
}


@pytest.mark.parametrize("kind", DEEP)
def test_code_that_nests_too_deeply(kind: str, tmp_path: Path, forked: Migfix) -> None:
    text = migration(POST, functions=DEEP[kind])
    root = write_project(tmp_path, {"blog/migrations/0001_initial.py": text})
    result = forked("apply", "blog", "--force", cwd=root)
    assert result.returncode == 2
    fact = "this nests more than 200 levels deep, which is too deep to be read."
    assert result.stderr == f"error: {root / 'blog/migrations/0001_initial.py'}: {fact}\n"


def test_control_characters_are_escaped_on_a_terminal(tmp_path: Path, migfix: Migfix) -> None:
    root = CASE.copy_before(tmp_path / "site")
    steering = "# \x1b[2J \u202e gone\n        migrations.AddField("
    (root / NEW).write_text((root / NEW).read_text().replace("migrations.AddField(", steering))
    (root / NEW).rename(root / "blog/migrations/0002_a\n::error::b.py")
    told = migfix("check", "blog", "--force", cwd=root)
    assert "0002_a\\n::error::b.py" in told.stdout
    assert not [line for line in told.stdout.splitlines() if line.lstrip().startswith("::")]
    shown = on_a_terminal("diff", "blog", "--force", cwd=root)
    assert "\\x1b[2J \\u202e gone" in shown
    assert "\x1b[2J" not in shown
    assert "\x1b[2J \u202e" in migfix("diff", "blog", "--force", cwd=root).stdout, "a patch is what it is"


def on_a_terminal(*arguments: str, cwd: Path) -> str:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "migfix", *arguments]
    with subprocess.Popen(
        command, cwd=cwd, stdout=theirs, stderr=theirs, env=clean_environment(NO_COLOR="1")
    ) as process:
        os.close(theirs)
        parts = []
        while True:
            try:
                parts.append(os.read(ours, 65536))
            except OSError:
                break
            if not parts[-1]:
                break
        process.wait()
    os.close(ours)
    return b"".join(parts).decode(errors="replace")


@pytest.mark.skipif(not hasattr(os, "setxattr"), reason="extended attributes are Linux's")
def test_owner_and_attributes_are_kept(tmp_path: Path, migfix: Migfix) -> None:
    root = CASE.copy_before(tmp_path / "site")
    try:
        os.setxattr(root / NEW, "user.origin", b"here")
    except OSError:
        pytest.skip("this file system has no extended attributes")
    if not os.getuid():
        os.chown(root / NEW, 1234, 1235)
    before = (root / NEW).stat()
    assert migfix("apply", "blog", "--force", cwd=root).returncode == 0
    after = (root / NEW).stat()
    assert (after.st_uid, after.st_gid, after.st_mode) == (before.st_uid, before.st_gid, before.st_mode)
    assert os.getxattr(root / NEW, "user.origin") == b"here"
    assert after.st_mtime_ns > before.st_mtime_ns


@pytest.mark.parametrize(
    ("call", "fact"),
    [
        ('"post", "slug", models.SlugField(null=True, null=True)', "models.SlugField() gets an argument twice"),
        ('"post", "slug", models.SlugField(), name="slug"', "migrations.AddField() gets an argument twice"),
        ('"post", name="slug", name="b", field=models.SlugField()', "migrations.AddField() gets an argument twice"),
        ('model_name="post", field=models.SlugField()', "migrations.AddField() lacks the argument name"),
        ('"post", "slug"', "migrations.AddField() lacks the argument field"),
        ("", "migrations.AddField() lacks the argument model_name"),
    ],
)
def test_a_call_that_python_cannot_run(call: str, fact: str, tmp_path: Path, forked: Migfix) -> None:
    """The parser accepts these calls."""
    text = migration(f"migrations.AddField({call}),", ("blog", "0001_initial"))
    first = migration(POST, attributes="initial = True")
    root = write_project(tmp_path, {"blog/migrations/0001_initial.py": first, "blog/migrations/0002_slug.py": text})
    result = forked("apply", "blog", "--force", cwd=root)
    assert result.returncode == 2
    place = f"{root / 'blog/migrations/0002_slug.py'}:9"
    assert result.stderr == f"error: {place}: {fact}, so Python can't run this.\n"


@pytest.mark.parametrize("named", [NEW, "blog", "."])
@pytest.mark.parametrize("kind", ["file", "folder"])
def test_a_link_out_of_the_project(kind: str, named: str, tmp_path: Path, forked: Migfix) -> None:
    """A link in a clone would let migfix rewrite files next to the project."""
    root = CASE.copy_before(tmp_path / "site")
    (root / "manage.py").touch()
    link = root / (NEW if kind == "file" else "blog/migrations")
    outside = tmp_path / "outside"
    link.rename(outside)
    link.symlink_to(outside)
    before = contents(tmp_path)
    result = forked("apply", named, "--force", cwd=root)
    assert contents(tmp_path) == before
    if kind == "file" or named == NEW:
        assert result.returncode == 2
        path = root / NEW if named != NEW else NEW
        place = outside if kind == "file" else outside / Path(NEW).name
        fact = f"this link leads out of the project, to {place}. Pass that file itself."
        assert result.stderr == f"error: {path}: {fact}\n"
