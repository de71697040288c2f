"""Which migrations are checked if no path is passed, and which are skipped because they may have run somewhere."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from cases import FIXTURES, Case, contents
from conftest import Migfix
from projects import SETTINGS, git, migration

FIRST = "blog/migrations/0001_initial.py"
NEW = "blog/migrations/0002_category_post_category.py"
UNKNOWN = (
    "error: git doesn't know the default branch here, so migfix can't determine which migrations are new. Fetch it "
    "(git fetch origin main), set it (git remote set-head origin -a), or use --since REF, or "
    "--all for every migration.\n"
)


def site(target: Path, *commands: str) -> Path:
    """The blog whose second migration fails on existing rows. In git, the first one is on main."""
    Case(FIXTURES / "seed_default_row/one_off_default").copy_before(target)
    git("init", cwd=target)
    git("add", "blog/__init__.py", "blog/migrations/__init__.py", FIRST, cwd=target)
    git("commit", "-m", "deployed", cwd=target)
    return target


def commit(folder: Path, message: str) -> None:
    git("add", ".", cwd=folder)
    git("commit", "-m", message, cwd=folder)


def is_rewritten(folder: Path) -> bool:
    return "def seed_category" in (folder / NEW).read_text()


@pytest.mark.parametrize("how", ["untracked", "staged", "committed", "changed since", "below the top"])
def test_new_files_are_rewritten(tmp_path: Path, migfix: Migfix, how: str) -> None:
    folder = site(tmp_path / "site")
    git("checkout", "-b", "work", cwd=folder)
    if how == "staged":
        git("add", ".", cwd=folder)
    elif how == "committed":
        commit(folder, "work")
    elif how == "changed since":
        commit(folder, "work")
        (folder / NEW).write_text((folder / NEW).read_text() + "\n# more\n")
    result = migfix("apply", cwd=folder / "blog" if how == "below the top" else folder)
    assert result.returncode == 0, result.stderr
    assert result.stdout.endswith("1 file rewritten\n")
    assert is_rewritten(folder)
    told = "3 operations: 2 safe on any rows, 1 runs your code\nnothing to do: 1 migration checked\n"
    assert migfix("apply", cwd=folder).stdout == told


def test_nothing_is_new(tmp_path: Path, migfix: Migfix) -> None:
    folder = site(tmp_path / "site")
    commit(folder, "all deployed")
    result = migfix("apply", cwd=folder)
    assert (result.returncode, result.stderr) == (0, "nothing to do: no migration is new since main\n")
    result = migfix("apply", "--staged", cwd=folder)
    assert (result.returncode, result.stderr) == (0, "nothing to do: no migration is staged\n")


def test_staged_only(tmp_path: Path, migfix: Migfix) -> None:
    folder = site(tmp_path / "site")
    assert migfix("check", "--staged", cwd=folder).stderr == "nothing to do: no migration is staged\n"
    git("add", NEW, cwd=folder)
    assert migfix("check", "--staged", cwd=folder).returncode == 1
    (folder / NEW).write_text((folder / NEW).read_text() + "# not staged\n")
    told = f"error: {folder / NEW}: the staged version differs from the file on disk. "
    told += "Stage the rest (git add), or set it aside (git stash --keep-index).\n"
    result = migfix("check", "--staged", cwd=folder)
    assert (result.returncode, result.stderr) == (
        2,
        told,
    )


def test_files_added_to_main_after_the_branch_point(tmp_path: Path, migfix: Migfix) -> None:
    """Others have merged since. Their files don't exist here, and none of them counts as new."""
    folder = site(tmp_path / "site")
    git("checkout", "-b", "work", cwd=folder)
    commit(folder, "work")
    git("checkout", "main", cwd=folder)
    (folder / "blog/migrations/0002_other.py").write_text((folder / FIRST).read_text())
    commit(folder, "others")
    git("checkout", "work", cwd=folder)
    assert migfix("check", cwd=folder).stdout.endswith("1 file would be rewritten\nTo fix: migfix apply\n")


@pytest.mark.parametrize("why", ["no git", "no repository", "another owner"])
def test_a_repository_that_git_cannot_read(tmp_path: Path, migfix: Migfix, why: str) -> None:
    """migfix can't determine what is deployed, so nothing is rewritten."""
    folder = site(tmp_path / "site")
    commit(folder, "deployed")
    environment = {"PATH": str(tmp_path)} if why == "no git" else {}
    if why == "no repository":
        (folder / ".git").rename(tmp_path / "elsewhere")
        (folder / ".git").write_text("gitdir: /nonexistent\n")
    elif why == "another owner":
        environment = {"GIT_TEST_ASSUME_DIFFERENT_OWNER": "1"}  # git's own tests set it like that
    before = (folder / NEW).read_bytes()
    for arguments in (["apply", "blog"], ["apply", NEW], ["check"], ["check", "--staged"]):
        result = migfix(*arguments, cwd=folder, **environment)
        told = f"error: git can't determine which migrations of {folder} are deployed: "
        assert (result.returncode, result.stderr[: len(told)]) == (2, told), result.stderr
        assert result.stderr.endswith("Fix that, or use --all for every migration.\n")
    assert (folder / NEW).read_bytes() == before
    assert migfix("check", "--all", cwd=folder, **environment).returncode == 1


def test_virtual_environments_are_skipped(tmp_path: Path, migfix: Migfix) -> None:
    """A virtual environment that git doesn't ignore is untracked. The packages in it aren't rewritten."""
    folder = site(tmp_path / "site")
    for name in (".venv", "env"):
        package = folder / name / "lib/python3.11/site-packages/other/migrations"
        package.mkdir(parents=True)
        (folder / name / "pyvenv.cfg").touch()
        for path in (folder / "blog/migrations").glob("*.py"):
            (package / path.name).write_bytes(path.read_bytes())
    result = migfix("apply", cwd=folder)
    assert result.stdout.endswith("1 file rewritten\n")
    assert is_rewritten(folder)


def test_a_submodule_next_to_the_project(tmp_path: Path, migfix: Migfix) -> None:
    """Each file is looked up in the repository that it is in."""
    inner = site(tmp_path / "inner")
    commit(inner, "deployed there")
    folder = Case(FIXTURES / "keep_rows_on_move/alone").copy_before(tmp_path / "site")
    git("init", cwd=folder)
    commit(folder, "deployed here")
    git("-c", "protocol.file.allow=always", "submodule", "add", str(inner), "a", cwd=folder)
    (folder / "blog").mkdir()
    for paths in (["a", "cars", "engines"], ["engines", "cars", "a"]):
        result = migfix("check", *paths, "--moved", "cars.Engine=engines.Engine", cwd=folder)
        assert (result.returncode, result.stdout) == (0, "nothing to do: 5 migrations checked\n"), result.stdout


def test_every_remote_counts(tmp_path: Path, migfix: Migfix) -> None:
    """In a clone of an outdated fork, everything in the original repository is deployed."""
    original = site(tmp_path / "original")
    fork = clone(original, tmp_path / "fork")
    commit(original, "deployed")
    copy = clone(fork, tmp_path / "copy")
    git("remote", "add", "upstream", str(original), cwd=copy)
    git("fetch", "-q", "upstream", cwd=copy)
    git("checkout", "-q", "-b", "work", "upstream/main", cwd=copy)
    assert migfix("check", cwd=copy).returncode == 0
    refused = migfix("check", NEW, cwd=copy)
    assert (refused.returncode, "is on upstream/main. Databases that ran it" in refused.stdout) == (1, True)


def test_files_staged_by_a_merge_are_deployed(tmp_path: Path, migfix: Migfix) -> None:
    """During a merge, the files of others are staged. They aren't checked here."""
    folder = site(tmp_path / "site")
    git("checkout", "-q", "-b", "work", cwd=folder)
    (folder / "notes.txt").write_text("mine\n")
    git("add", "notes.txt", cwd=folder)
    git("commit", "-m", "mine", cwd=folder)
    git("checkout", "-q", "main", cwd=folder)
    commit(folder, "deployed meanwhile")
    git("checkout", "-q", "work", cwd=folder)
    git("merge", "-q", "--no-commit", "main", cwd=folder)
    result = migfix("check", "--staged", cwd=folder)
    assert (result.returncode, result.stdout) == (0, "nothing to do: 1 migration checked\n")


def test_a_deployed_file_is_changed_on_main(tmp_path: Path, migfix: Migfix) -> None:
    """A deployed file that others change on main doesn't count as changed on the branch."""
    folder = site(tmp_path / "site")
    commit(folder, "deployed")
    git("branch", "work", cwd=folder)
    (folder / NEW).write_text((folder / NEW).read_text() + "# a comment\n")
    commit(folder, "a comment")
    git("checkout", "-q", "work", cwd=folder)
    result = migfix("check", "blog", cwd=folder)
    assert (result.returncode, result.stdout) == (0, "nothing to do: 2 migrations checked\n")


@pytest.mark.parametrize("how", ["dots", "link"])
def test_a_named_file_may_be_spelled_in_several_ways(tmp_path: Path, migfix: Migfix, how: str) -> None:
    folder = site(tmp_path / "site")
    commit(folder, "deployed")
    (tmp_path / "link").symlink_to(folder)
    path = f"../blog/migrations/{Path(NEW).name}" if how == "dots" else str(tmp_path / "link" / NEW)
    assert REFUSED in migfix("check", path, cwd=folder / "blog").stdout


def test_two_projects_in_one_apply(tmp_path: Path, migfix: Migfix) -> None:
    """One undo restores both."""
    for name in ("a", "b"):
        Case(FIXTURES / "seed_default_row/one_off_default").copy_before(tmp_path / name)
        (tmp_path / name / "manage.py").touch()
    git("init", cwd=tmp_path)
    git("add", f"a/{FIRST}", f"b/{FIRST}", cwd=tmp_path)
    git("commit", "-m", "deployed", cwd=tmp_path)
    before = contents(tmp_path / "a") | contents(tmp_path / "b")
    assert migfix("apply", cwd=tmp_path).stdout.endswith("2 files rewritten\n")
    assert is_rewritten(tmp_path / "a")
    assert is_rewritten(tmp_path / "b")
    migfix("undo", cwd=tmp_path)
    assert contents(tmp_path / "a") | contents(tmp_path / "b") == before


def test_since(tmp_path: Path, migfix: Migfix) -> None:
    folder = site(tmp_path / "site")
    commit(folder, "on main, not released")
    assert migfix("check", "--since", "HEAD~1", cwd=folder).returncode == 1
    result = migfix("check", NEW, "--since", "HEAD~1", cwd=folder)
    assert result.stdout.endswith(f"\n1 file would be rewritten\nTo fix: migfix apply {NEW} --since 'HEAD~1'\n")
    result = migfix("check", "--since", "v1.0", cwd=folder)
    assert (result.returncode, result.stderr) == (
        2,
        "error: git knows no commit v1.0 here. Fetch it first: git fetch origin v1.0.\n",
    )


def test_outside_git(tmp_path: Path, migfix: Migfix) -> None:
    folder = Case(FIXTURES / "seed_default_row/one_off_default").copy_before(tmp_path / "site")
    result = migfix("apply", cwd=folder)
    told = "error: Outside git, migfix can't determine which migrations are new. Pass migration files or folders.\n"
    assert (result.returncode, result.stderr) == (2, told)
    assert migfix("check", "--all", cwd=folder).returncode == 1


def test_unborn_branch(tmp_path: Path, migfix: Migfix) -> None:
    folder = Case(FIXTURES / "seed_default_row/one_off_default").copy_before(tmp_path / "site")
    git("init", cwd=folder)
    git("add", FIRST, cwd=folder)
    assert migfix("apply", cwd=folder).returncode == 0
    assert is_rewritten(folder)


def test_worktree_and_submodule(tmp_path: Path, migfix: Migfix) -> None:
    folder = site(tmp_path / "site")
    git("branch", "work", cwd=folder)
    git("worktree", "add", str(tmp_path / "tree"), "work", cwd=folder)
    (tmp_path / "tree" / NEW).write_bytes((folder / NEW).read_bytes())
    assert migfix("apply", cwd=tmp_path / "tree").returncode == 0
    assert is_rewritten(tmp_path / "tree")
    assert not is_rewritten(folder)
    outer = tmp_path / "outer"
    outer.mkdir()
    git("init", cwd=outer)
    git("-c", "protocol.file.allow=always", "submodule", "add", str(folder), "inner", cwd=outer)
    (outer / "inner" / NEW).write_bytes((folder / NEW).read_bytes())
    assert migfix("apply", cwd=outer / "inner").returncode == 0
    assert is_rewritten(outer / "inner")


def test_renamed(tmp_path: Path, migfix: Migfix) -> None:
    """A file that was renamed on the branch is checked under its new name."""
    folder = site(tmp_path / "site")
    git("checkout", "-b", "work", cwd=folder)
    commit(folder, "work")
    git("mv", NEW, "blog/migrations/0002_categories.py", cwd=folder)
    git("commit", "-m", "renamed", cwd=folder)
    assert migfix("check", cwd=folder).stdout.startswith("blog/migrations/0002_categories.py:21: MIG101 ")


def clone(source: Path, target: Path, *arguments: str) -> Path:
    git("clone", "-q", *arguments, f"file://{source}", str(target), cwd=source)
    return target


def test_the_upstream_counts_where_there_is_a_remote(tmp_path: Path, migfix: Migfix) -> None:
    """A file that was committed on the local main but not pushed is new."""
    folder = site(tmp_path / "site")
    copy = clone(folder, tmp_path / "copy")
    (copy / NEW).write_bytes((folder / NEW).read_bytes())
    commit(copy, "not pushed")
    assert migfix("check", cwd=copy).stdout.endswith("1 file would be rewritten\nTo fix: migfix apply\n")


@pytest.mark.parametrize("named", [(), (NEW,)])
def test_unknown_base(tmp_path: Path, migfix: Migfix, named: tuple[str, ...]) -> None:
    """As in CI: one branch is fetched, HEAD is detached, and what is on the default branch is unknown."""
    folder = site(tmp_path / "site")
    git("checkout", "-b", "work", cwd=folder)
    commit(folder, "work")
    git("checkout", "main", cwd=folder)
    copy = clone(folder, tmp_path / "copy", "--depth", "1", "--branch", "work")
    git("checkout", "--detach", cwd=copy)
    before = contents(copy)
    result = migfix("apply", *named, cwd=copy)
    assert (result.returncode, result.stderr) == (2, UNKNOWN)
    assert contents(copy) == before
    assert migfix("check", *named, "--all", cwd=copy).returncode == 1
    git("fetch", "-q", "origin", "main", cwd=copy)
    assert migfix("check", *named, "--since", "FETCH_HEAD", cwd=copy).returncode == (1 if named else 2)


def test_unknown_base_does_not_matter_for_uncommitted_files(tmp_path: Path, migfix: Migfix) -> None:
    folder = site(tmp_path / "site")
    git("branch", "-m", "one", cwd=folder)
    git("branch", "two", cwd=folder)
    assert migfix("check", NEW, cwd=folder).returncode == 1


REFUSED = (
    "  next: blog.0002_category_post_category is on main. Databases that ran it don't run it again, so a rewrite has "
    "no effect there. If it only ran on databases that you can throw away, use --force.\n"
)


def test_a_deployed_file_that_is_named_is_refused(tmp_path: Path, migfix: Migfix) -> None:
    folder = site(tmp_path / "site")
    commit(folder, "deployed")
    before = contents(folder)
    result = migfix("apply", NEW, cwd=folder)
    assert result.returncode == 1
    assert REFUSED in result.stdout
    assert contents(folder) == before
    assert migfix("apply", NEW, "--force", cwd=folder).returncode == 0
    assert is_rewritten(folder)


def test_deployed_files_of_a_folder_are_one_line(tmp_path: Path, migfix: Migfix) -> None:
    folder = site(tmp_path / "site")
    commit(folder, "deployed")
    before = contents(folder)
    result = migfix("apply", "blog", cwd=folder)
    told = "1 deployed migration skipped: it is on main. Pass its path to see what you can do.\n"
    assert (result.returncode, result.stdout, result.stderr) == (0, "nothing to do: 2 migrations checked\n", told)
    assert contents(folder) == before


def test_a_file_that_a_deployed_one_needs_is_deployed(tmp_path: Path, migfix: Migfix) -> None:
    """The file itself isn't on main, but a migration on main can't run without it."""
    folder = site(tmp_path / "site")
    later = folder / "blog/migrations/0003_later.py"
    later.write_text((folder / NEW).read_text().split("    operations")[0].replace("0001_initial", Path(NEW).stem))
    git("add", str(later), cwd=folder)
    git("commit", "-m", "later", cwd=folder)
    result = migfix("check", NEW, cwd=folder)
    assert "category is needed by blog.0003_later, which is on main. Databases that ran it" in result.stdout


STEP = """
from django.db import migrations


def fill(apps, schema_editor):
    apps.get_model("blog", "Post").objects.filter(title="").update(title="none")


class Migration(migrations.Migration):
    dependencies = [("blog", "0001_initial")]
    operations = [migrations.RunPython(fill)]
"""


def test_a_change_without_effect_forward_is_allowed(tmp_path: Path, migfix: Migfix) -> None:
    """A missing reverse may be added to a file that has run."""
    folder = site(tmp_path / "site")
    (folder / NEW).write_text(STEP)
    commit(folder, "deployed")
    assert migfix("apply", NEW, cwd=folder).stdout.endswith("1 file rewritten\n")
    assert "reverse_code" in (folder / NEW).read_text() or ", migrations.RunPython.noop" in (folder / NEW).read_text()


FOLLOW_UP = """# Follows up on 0002_post_rank, which is deployed.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('blog', '0002_post_rank'),
    ]

    operations = [
        # The previous release needs this default. It stays until the column changes.
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.AlterField(
                    model_name='post',
                    name='rank',
                    field=models.IntegerField(db_default=3),
                ),
            ],
        ),
    ]
"""


def test_follow_up(tmp_path: Path, migfix: Migfix) -> None:
    """What a deployed file lacks is written as a new migration. A second run finds nothing."""
    folder = Case(FIXTURES / "keep_database_default/one_off").copy_before(tmp_path / "site")
    (folder / "settings.py").write_text(SETTINGS)
    git("init", cwd=folder)
    commit(folder, "deployed")
    arguments = ["blog/migrations/0002_post_rank.py", "--select", "MIG401"]
    refused = migfix("apply", *arguments, cwd=folder).stdout
    assert "that you can throw away, use --force. --follow-up writes the fix as a new migration.\n" in refused
    assert migfix("apply", *arguments, "--follow-up", cwd=folder).returncode == 0
    later = folder / "blog/migrations/0003_keep_post_rank.py"
    assert later.read_text() == FOLLOW_UP
    assert git("status", "--short", cwd=folder) == "?? blog/migrations/0003_keep_post_rank.py\n"
    assert migfix("apply", *arguments, "--follow-up", cwd=folder).stdout == "nothing to do: 1 migration checked\n"
    proof = migfix("verify", str(later), "--settings", "settings", "--engine", "sqlite", cwd=folder)
    assert proof.returncode == 0, proof.stdout + proof.stderr


def test_no_follow_up_where_it_cannot_help(tmp_path: Path, migfix: Migfix) -> None:
    folder = site(tmp_path / "site")
    commit(folder, "deployed")
    assert REFUSED in migfix("apply", NEW, "--follow-up", cwd=folder).stdout


def test_number_of_git_calls_is_limited(tmp_path: Path, migfix: Migfix) -> None:
    """The number of git calls doesn't depend on the number of deployed files."""
    folder = site(tmp_path / "site")
    for number in range(3, 40):
        text = migration("migrations.RunPython(print),", ("blog", f"{number - 1:04}_step"), attributes="")
        (folder / f"blog/migrations/{number:04}_step.py").write_text(text)
    commit(folder, "all deployed")
    called = tmp_path / "called"
    (tmp_path / "bin").mkdir()
    script = f'#!/bin/sh\necho "$@" >> {called}\nexec {shutil.which("git")} "$@"\n'
    (tmp_path / "bin/git").write_text(script)
    (tmp_path / "bin/git").chmod(0o755)
    migfix("check", ".", cwd=folder, PATH=f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    assert 0 < len(called.read_text().splitlines()) < 15
