"""What a user types and sees: options, messages, exit codes, and files that can't be read."""

from __future__ import annotations

import os
import pty
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cases import FIXTURES, contents
from conftest import Migfix

from migfix.planning.registry import all_rules

ONE_OFF = FIXTURES / "seed_default_row" / "one_off_default" / "before"
FILE = "blog/migrations/0002_category_post_category.py"


@pytest.fixture
def blog(tmp_path: Path) -> Path:
    shutil.copytree(ONE_OFF, tmp_path / "site")
    return tmp_path / "site"


def test_apply_says_what_it_did(blog: Path, migfix: Migfix) -> None:
    result = migfix("apply", FILE, cwd=blog)
    assert result.stderr == ""
    assert result.stdout == (
        f"{FILE}:21: MIG101 seed-default-row: existing blog.Post rows will get "
        "category=1, but blog.Category has no row 1.\n"
        "  fix: seed_category() creates it if blog.Post has rows, in a RunPython before the AddField.\n"
        '  row: blog.Category(pk=1, name="Category 1")\n\n'
        "Where the original blog.0002_category_post_category already ran, go back first: "
        "python manage.py migrate blog 0001_initial\n"
        "Where a first attempt at blog.0002_category_post_category failed on MySQL or MariaDB, "
        "drop what it left behind:\n"
        "    DROP TABLE `blog_category`;\n\n"
        "2 operations: 1 safe on any rows, 1 rewritten\n"
        "1 file rewritten\n"
    )
    assert result.returncode == 0


def test_advice_for_mysql_is_only_shown_for_mysql(blog: Path, migfix: Migfix) -> None:
    assert "DROP TABLE" not in migfix("check", FILE, "--engines", "postgresql,sqlite", cwd=blog).stdout
    assert "DROP TABLE" in migfix("check", FILE, "--engine", "mysql", cwd=blog).stdout


def test_check_writes_nothing(blog: Path, migfix: Migfix) -> None:
    before = contents(blog)
    assert migfix("check", FILE, cwd=blog).returncode == 1
    assert migfix("apply", FILE, "--dry-run", cwd=blog).returncode == 1
    assert contents(blog) == before
    assert migfix("check", "blog/migrations/0001_initial.py", cwd=blog).returncode == 0


def test_diff_writes_reasons_to_stderr(blog: Path, migfix: Migfix) -> None:
    result = migfix("diff", FILE, cwd=blog)
    assert result.stdout.startswith(f"--- a/{FILE}\n+++ b/{FILE}\n@@")
    assert "MIG101" not in result.stdout
    assert "MIG101 seed-default-row" in result.stderr
    assert "\x1b[" not in result.stdout


@pytest.mark.parametrize(("environment", "is_coloured"), [({}, True), ({"NO_COLOR": "1"}, False)])
def test_diff_is_coloured_on_a_terminal_only(blog: Path, environment: dict[str, str], is_coloured: bool) -> None:
    try:
        parent, child = pty.openpty()
    except OSError as error:
        pytest.skip(f"there is no terminal to be had here: {error}")
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm"}
    command = [sys.executable, "-m", "migfix", "diff", FILE]
    process = subprocess.Popen(command, cwd=blog, stdout=child, stderr=subprocess.DEVNULL, env=kept | environment)
    os.close(child)
    shown = b""
    while True:
        try:
            if not (chunk := os.read(parent, 4096)):
                break
        except OSError:
            break
        shown += chunk
    process.wait()
    os.close(parent)
    assert (b"\x1b[32m+" in shown) is is_coloured
    assert b"seed_category" in shown


def test_diff_from_elsewhere_is_relative_to_the_project(blog: Path, migfix: Migfix, tmp_path: Path) -> None:
    (blog / "manage.py").touch()
    (tmp_path / "elsewhere").mkdir()
    result = migfix("diff", blog / FILE, cwd=tmp_path / "elsewhere")
    assert result.stdout.startswith(f"--- a/{FILE}\n")


def test_undo(blog: Path, migfix: Migfix) -> None:
    before = contents(blog)
    assert migfix("undo", cwd=blog).returncode == 2
    migfix("apply", FILE, cwd=blog)
    result = migfix("undo", cwd=blog)
    assert (result.returncode, result.stdout) == (0, f"{FILE}: restored\n")
    assert contents(blog) == before
    assert migfix("undo", cwd=blog).returncode == 2


def test_undo_in_a_copy_of_the_project(tmp_path: Path, migfix: Migfix) -> None:
    """What was written in one project can't be undone in another, even in a copy of the project."""
    original, copy = tmp_path / "site", tmp_path / "copy"
    shutil.copytree(FIXTURES / "break_dependency_cycle" / "leaf_with_max_migration" / "before", original)
    assert migfix("apply", ".", cwd=original).returncode == 0
    shutil.copytree(original, copy)
    after = contents(original)
    refused = migfix("undo", cwd=copy)
    assert refused.returncode == 2
    told = f"error: There is nothing to undo in {copy}. Run `migfix undo` in the project that was changed.\n"
    assert refused.stderr == told
    assert contents(copy) == contents(original) == after


def test_replaced_files_of_a_folder_are_skipped(tmp_path: Path, migfix: Migfix) -> None:
    """Replaced files are removed when the squash is finished, so they are only checked if they are named."""
    site = tmp_path / "site"
    shutil.copytree(FIXTURES / "break_dependency_cycle" / "leave_squashed" / "before", site)
    more = site / "members/migrations/0002_more.py"
    text = more.read_text()
    more.write_text(text.replace("    operations = [", "    operations = [\n        migrations.RunSQL('SELECT 1'),"))
    assert "0002_more" not in migfix("check", "members", "--select", "MIG3", cwd=site).stdout
    assert "0002_more" in migfix("check", "members/migrations/0002_more.py", "--select", "MIG3", cwd=site).stdout


def test_undo_removes_new_files(tmp_path: Path, migfix: Migfix) -> None:
    shutil.copytree(FIXTURES / "break_dependency_cycle" / "leaf_with_max_migration" / "before", tmp_path / "site")
    before = contents(tmp_path / "site")
    assert migfix("apply", ".", cwd=tmp_path / "site").returncode == 0
    assert contents(tmp_path / "site") != before
    assert migfix("undo", cwd=tmp_path / "site").returncode == 0
    assert contents(tmp_path / "site") == before


def test_undo_refuses_if_a_file_has_changed_since(blog: Path, migfix: Migfix) -> None:
    migfix("apply", FILE, cwd=blog)
    with (blog / FILE).open("a") as file:
        file.write("# mine\n")
    changed = contents(blog)
    result = migfix("undo", cwd=blog)
    assert result.returncode == 2
    assert f"{FILE} changed since migfix wrote it. Nothing was undone." in result.stderr
    assert contents(blog) == changed


def test_rewrite_and_refusal_in_one_file(tmp_path: Path, migfix: Migfix) -> None:
    shutil.copytree(FIXTURES / "add_reverse" / "rewrite_beside_refusal" / "before", tmp_path / "site")
    before = contents(tmp_path / "site")
    result = migfix("apply", "blog/migrations/0002_data.py", "--all-or-nothing", cwd=tmp_path / "site")
    assert result.returncode == 1
    assert contents(tmp_path / "site") == before
    result = migfix("apply", "blog/migrations/0002_data.py", cwd=tmp_path / "site")
    assert result.returncode == 1
    assert result.stdout.endswith("1 file rewritten, 1 finding needs your decision\n")
    assert contents(tmp_path / "site") != before


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("0002_broken.py", b"class Migration(:\n", ":1: this is not valid Python: invalid syntax."),
        (
            "0002_half.py",
            b"from django.db import migr\n",
            ": this is not a migration: it has no class named Migration.",
        ),
        ("0002_null.py", b"class Migration:\n    x = '\0'\n", ": this "),
        ("0002_cookie.py", b"# -*- coding: nonsense -*-\nclass Migration: pass\n", ":"),
        ("0002_bytes.py", b"class Migration:\n    x = '\xff'\n", ":"),
        ("0002_deep.py", b"class Migration:\n    x = " + b"(" * 5000 + b")" * 5000 + b"\n", ":"),
        ("notes.txt", b"hello", ": this is not a Python file."),
    ],
)
def test_unreadable_files(blog: Path, migfix: Migfix, name: str, content: bytes, message: str) -> None:
    (blog / "blog/migrations" / name).write_bytes(content)
    before = contents(blog)
    result = migfix("apply", FILE, f"blog/migrations/{name}", cwd=blog)
    errors = result.stderr.splitlines()
    assert len(errors) == 1, result.stderr
    assert errors[0].startswith("error: ")
    assert f"{name}{message}" in errors[0]
    assert result.returncode == 2
    assert "MIG101 seed-default-row" in result.stdout, "other files are still reported"
    assert result.stdout.endswith("1 file would be rewritten, nothing was written\n")
    assert contents(blog) == before


def test_missing_empty_and_looping_paths(blog: Path, migfix: Migfix) -> None:
    (blog / "empty").mkdir()
    (blog / "loop.py").symlink_to("loop.py")
    os.mkfifo(blog / "pipe.py")
    (blog / "blog/around").symlink_to("..")
    for path, message in {
        "nothing.py": "no such file or directory.",
        "empty": "there are no migrations in this folder.",
        "loop.py": "this link leads back to itself.",
        "pipe.py": "this is not a regular file.",
    }.items():
        result = migfix("check", path, cwd=blog)
        assert (result.returncode, len(result.stderr.splitlines())) == (2, 1), result.stderr
        assert message in result.stderr
    assert migfix("check", "blog", cwd=blog).returncode == 1


def test_no_permission(blog: Path, migfix: Migfix) -> None:
    if os.geteuid() == 0:
        pytest.skip("root may do everything")
    (blog / FILE).chmod(0)
    assert "Permission denied" in migfix("check", FILE, cwd=blog).stderr


def test_operations_built_by_code(blog: Path, migfix: Migfix) -> None:
    head = "from django.db import migrations\n\n\ndef make():\n    return []\n\n\n"
    for body in ("operations = make()", "operations = [*make()]", "operations = []\n    operations += make()"):
        source = f"{head}class Migration(migrations.Migration):\n    dependencies = []\n    {body}\n"
        (blog / "blog/migrations/0002_built.py").write_text(source)
        result = migfix("check", "blog/migrations/0002_built.py", cwd=blog)
        assert result.returncode == 1, body
        assert "MIG001: can't fix: `operations` " in result.stdout


def test_select_and_ignore(blog: Path, migfix: Migfix) -> None:
    for flags, code in {
        ("--select", "MIG101"): 1,
        ("--select", "seed-default-row"): 1,
        ("--select", "ALL"): 1,
        ("--select", "MIG3"): 0,
        ("--select", "MIG5,MIG6"): 0,
        ("--ignore", "MIG1"): 0,
        ("--select", "MIG1", "--ignore", "MIG101"): 0,
        ("--select", "MIG3", "--extend-select", "MIG101"): 1,
        ("--select", "MIG9"): 2,
    }.items():
        assert migfix("check", FILE, *flags, cwd=blog).returncode == code, flags


def test_configuration(blog: Path, migfix: Migfix) -> None:
    config = blog / "pyproject.toml"
    config.write_text('[tool.migfix]\nengines = ["sqlite"]\n[tool.migfix.values]\n"blog.Category.name" = "News"\n')
    result = migfix("check", FILE, cwd=blog)
    assert 'name="News"' in result.stdout
    assert "DROP TABLE" not in result.stdout
    assert 'name="Other"' in migfix("check", FILE, "--set", "blog.Category.name=Other", cwd=blog).stdout
    for text, message in {
        "[tool.migfix]\nengine = ['sqlite']\n": "[tool.migfix] has no key `engine`. Did you mean `engines`?",
        "[tool.migfix]\nengines = 'sqlite'\n": "`engines` must be a list of strings.",
        "[tool.migfix]\nengines = ['dbase']\n": "migfix doesn't know the engine `dbase`.",
        "[tool.migfix\n": "pyproject.toml: ",
    }.items():
        config.write_text(text)
        result = migfix("check", FILE, cwd=blog)
        assert (result.returncode, len(result.stderr.splitlines())) == (2, 1)
        assert message in result.stderr


def test_invalid_and_unused_option_values(blog: Path, migfix: Migfix) -> None:
    for flags in (("--set", "name=x"), ("--set", "blog.Category.name"), ("--app", "blog"), ("--django", "new")):
        result = migfix("check", FILE, *flags, cwd=blog)
        assert (result.returncode, len(result.stderr.splitlines())) == (2, 1), flags
    unused = migfix("check", FILE, "--set", "blog.Category.title=x", cwd=blog)
    assert unused.stderr == "--set blog.Category.title: no fix used it.\n"
    options = ("--duplicates", "blog.Post.slgu=first", "--map", "blog.Post.status=a:b", "--truncate", "blog.Post.token")
    unused = migfix("check", FILE, *options, "--renamed", "blog.Post.a=b", "--moved", "blog.A=shop.A", cwd=blog)
    assert unused.stderr.splitlines() == [
        "--moved blog.A: no fix used it.",
        "--duplicates blog.Post.slgu: no fix used it.",
        "--renamed blog.Post.a: no fix used it.",
        "--map blog.Post.status: no fix used it.",
        "--truncate blog.Post.token: no fix used it.",
    ]


def test_labels_that_differ_from_the_folder(blog: Path, migfix: Migfix) -> None:
    """The label comes from apps.py, a flag or the files' dependencies; the folder has a different name."""
    (blog / "blog").rename(blog / "journal")
    file = "journal/migrations/0002_category_post_category.py"
    assert "apps.get_model('blog', 'Category')" in migfix("diff", file, cwd=blog).stdout
    assert migfix("diff", file, "--app", "journal=log", cwd=blog).stdout == "", "then blog is another app"
    (blog / "journal" / "apps.py").write_text(
        "from django.apps import AppConfig\n\n\nclass Config(AppConfig):\n    name = 'journal'\n    label = 'diary'\n"
    )
    for path in (blog / "journal/migrations").glob("0*.py"):
        path.write_text(path.read_text().replace("'blog", "'diary"))
    assert "apps.get_model('diary', 'Category')" in migfix("diff", file, cwd=blog).stdout


def test_rules_and_pages(tmp_path: Path, migfix: Migfix) -> None:
    listed = [line.split()[0] for line in migfix("rules", cwd=tmp_path).stdout.splitlines()]
    assert listed == [rule.code for rule in all_rules()]
    assert listed[:2] == ["MIG101", "MIG102"]
    page = (Path(__file__).parents[1] / "docs/rules/seed_default_row.md").read_text()
    assert migfix("explain", "MIG101", cwd=tmp_path).stdout == page
    assert migfix("explain", "seed-default-row", cwd=tmp_path).stdout == page
    assert migfix("explain", "mig001", cwd=tmp_path).stdout.startswith("# MIG001\n\n**migfix can't read this migration")
    missing = migfix("explain", "MIG999", cwd=tmp_path)
    assert (missing.returncode, missing.stderr) == (2, "error: Unknown rule `MIG999`. `migfix rules` lists them.\n")


def test_demo(tmp_path: Path, migfix: Migfix) -> None:
    result = migfix("demo", cwd=tmp_path)
    assert result.returncode == 0
    assert "IntegrityError" in result.stdout
    assert result.stdout.endswith("Forward, back, forward, with the rows that were there.\n")


@pytest.mark.parametrize(("body", "is_suggested"), [("update(title='')", True), ("create(title='')", False)])
def test_elidable_is_suggested(blog: Path, migfix: Migfix, body: str, is_suggested: bool) -> None:
    """A squash may not need a data function that creates no rows. That needs your decision, so it is only suggested."""
    source = f"""from django.db import migrations


def change(apps, schema_editor):
    apps.get_model("blog", "Post").objects.{body}


class Migration(migrations.Migration):
    dependencies = [("blog", "0001_initial")]
    operations = [migrations.RunPython(change)]
"""
    (blog / "blog/migrations/0002_change.py").write_text(source)
    result = migfix("check", "blog/migrations/0002_change.py", "--set-noop", cwd=blog)
    suggestion = "  suggestion: add elidable=True if only existing rows need this. squashmigrations can then drop it."
    assert (suggestion in result.stdout.splitlines()) is is_suggested, result.stdout


def test_completion(tmp_path: Path) -> None:
    """Completion works in a real shell, installed as described in the README."""
    bash = shutil.which("bash")
    if bash is None or (sys.platform == "linux" and not Path("/proc/self").exists()):
        pytest.skip("no bash is here, or no /proc to see by which shell a process was started")
    environment = {"HOME": str(tmp_path), "PATH": f"{Path(sys.executable).parent}:/usr/bin:/bin"}
    asked = """
        . ~/.bashrc
        COMP_WORDS=(migfix ap) COMP_CWORD=1
        _migfix_completion migfix; echo "${COMPREPLY[@]}"
        COMP_WORDS=(migfix apply --inter) COMP_CWORD=2
        _migfix_completion migfix; echo "${COMPREPLY[@]}"
    """
    for script, shown in (("migfix --install-completion; true", None), (asked, "apply\n--interactive\n")):
        result = subprocess.run([bash, "-c", script], env=environment, capture_output=True, text=True, check=False)
        assert (result.returncode, shown in (None, result.stdout)) == (0, True), result.stdout + result.stderr
