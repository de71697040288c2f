"""How commands read on a terminal: order, colours, width, help, and one spelling for each thing."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from cases import FIXTURES, Case
from conftest import Migfix, clean_environment

CASE = Case(FIXTURES / "seed_default_row/one_off_default")
FILE = "blog/migrations/0002_category_post_category.py"
STEPS = """from django.db import migrations


def count(apps, schema_editor):
    Post = apps.get_model("blog", "Post")
    for post in Post.objects.all():
        post.rank += 1
        post.save()


def tidy(apps, schema_editor):
    apps.get_model("blog", "Post").objects.filter(title="").update(title="x")


class Migration(migrations.Migration):
    dependencies = [("blog", "0002_category_post_category")]
    operations = [migrations.RunPython(count), migrations.RunPython(tidy)]
"""
BOLD, GREEN = "\x1b[1m", "\x1b[32m"


@pytest.fixture
def blog(tmp_path: Path) -> Path:
    folder = CASE.copy_before(tmp_path / "blog")
    (folder / "blog/migrations/0003_steps.py").write_text(STEPS)
    return folder


def test_findings_are_in_the_order_of_lines(blog: Path, migfix: Migfix) -> None:
    """Fixes and what can't be fixed in one list, an empty line between two, and the command to run at the end."""
    result = migfix("check", "blog", cwd=blog)
    heads = re.findall(r"(?m)^\S+?(\w+\.py:\d+): (MIG\d+)", result.stdout)
    assert heads == [
        ("0002_category_post_category.py:21", "MIG101"),
        ("0003_steps.py:17", "MIG301"),
        ("0003_steps.py:17", "MIG301"),
    ]
    blocks = result.stdout.split("\n\n")
    assert [block.partition(":")[0].rpartition("/")[2] for block in blocks[:3]] == [
        "0002_category_post_category.py",
        "0003_steps.py",
        "0003_steps.py",
    ]
    assert blocks[-1] == (
        "5 operations: 2 safe on any rows, 1 would be rewritten, 2 need your decision\n"
        "2 files would be rewritten, 1 finding needs your decision\nTo fix: migfix apply blog\n"
    )


def test_command_to_run_keeps_the_options(blog: Path, migfix: Migfix) -> None:
    result = migfix("check", "blog", "--set", "blog.Category.name=My news", "--color", "never", cwd=blog)
    assert result.stdout.endswith("To fix: migfix apply blog --set 'blog.Category.name=My news'\n")
    alone = migfix("check", "blog/migrations/0003_steps.py", "--select", "MIG3", "--ignore", "MIG301", cwd=blog)
    assert alone.stdout == "2 operations: 2 run your code\nnothing to do: 1 migration checked\n"


@pytest.mark.parametrize(
    ("arguments", "environment", "is_coloured"),
    [
        ([], {}, False),
        ([], {"FORCE_COLOR": "1"}, True),
        ([], {"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        (["--color", "always"], {"NO_COLOR": "1"}, True),
        (["--color", "never"], {"FORCE_COLOR": "1"}, False),
    ],
)
def test_colours(
    blog: Path, migfix: Migfix, arguments: list[str], environment: dict[str, str], is_coloured: bool
) -> None:
    for command in (["check", "blog"], ["apply", "blog"]):
        shown = migfix(*command, *arguments, cwd=blog, **environment).stdout
        assert (f"{BOLD}{FILE}:21\x1b[0m" in shown, f"{GREEN}fix:" in shown) == (is_coloured, is_coloured)
    for command in (["rules"], ["explain", "MIG101"], ["config"]):
        shown = migfix(*command, *arguments, cwd=blog, **environment).stdout
        assert ("\x1b[" in shown) is is_coloured, command


def test_colours_are_left_out_of_a_pipe_byte_for_byte(blog: Path, migfix: Migfix) -> None:
    page = migfix("explain", "MIG101", cwd=blog).stdout
    assert page == (Path(__file__).parents[1] / "docs/rules/seed_default_row.md").read_text()


def test_an_app_and_a_name(blog: Path, migfix: Migfix) -> None:
    """As for ``verify`` and ``migrate``."""
    assert migfix("check", "blog", "0002", cwd=blog).stdout.count("MIG") == 1
    assert migfix("check", "blog", "0001", cwd=blog).stdout.endswith("\nnothing to do: 1 migration checked\n")
    for words, told in {
        ("blog", "0009"): "blog has no migration that starts with 0009.",
        ("blog", "00"): (
            "00 matches several migrations of blog. They are 0001_initial, 0002_category_post_category, 0003_steps."
        ),
        ("shop", "0001"): "There is no app `shop` with migrations. The project has blog.",
    }.items():
        result = migfix("check", *words, cwd=blog)
        assert (result.returncode, result.stderr) == (2, f"error: {told}\n")


@pytest.mark.parametrize("option", ["--dry-run", "--interactive", "--all-or-nothing", "--exit-non-zero-on-fix"])
@pytest.mark.parametrize("command", ["check", "diff"])
def test_options_of_apply_alone(blog: Path, migfix: Migfix, command: str, option: str) -> None:
    result = migfix(command, "blog", option, cwd=blog)
    assert result.returncode == 2
    assert "No such option" in result.stderr


def test_one_option_for_the_engines(blog: Path, migfix: Migfix) -> None:
    """A URL stands for its engine, as ``verify`` takes it."""
    for value in ("mysql", "mysql://root@127.0.0.1:3306/x"):
        for option in ("--engine", "--engines"):
            assert "DROP TABLE" in migfix("check", FILE, option, value, cwd=blog).stdout
    assert "DROP TABLE" not in migfix("check", FILE, "--engine", "sqlite,postgresql", cwd=blog).stdout


def test_json_everywhere(blog: Path, migfix: Migfix) -> None:
    for arguments in (["rules"], ["config"], ["check", "blog"]):
        json.loads(migfix(*arguments, "--output-format", "json", cwd=blog).stdout)
    rules = [migfix("rules", *option, cwd=blog).stdout for option in (["--json"], ["--output-format", "json"])]
    assert rules[0] == rules[1]
    assert json.loads(migfix("config", "--json", cwd=blog).stdout)["values"]["select"] == [
        "MIG1",
        "MIG2",
        "MIG3",
        "MIG500",
        "MIG6",
    ]


def test_pythonpath(blog: Path, migfix: Migfix, tmp_path: Path) -> None:
    """As Django's option: the settings may be beside the project."""
    (tmp_path / "elsewhere").mkdir()
    settings = """SECRET_KEY = "x"
INSTALLED_APPS = ["blog"]
DATABASES = {}
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
"""
    (tmp_path / "elsewhere/lost_settings.py").write_text(settings)
    arguments = ["check", FILE, "--settings", "lost_settings"]
    assert "No module named 'lost_settings'" in migfix(*arguments, cwd=blog).stderr
    assert migfix(*arguments, "--pythonpath", "../elsewhere", cwd=blog).returncode == 1


def test_rule_codes_complete(blog: Path) -> None:
    environment = clean_environment(_MIGFIX_COMPLETE="complete_zsh", _TYPER_COMPLETE_ARGS="migfix explain MIG2")
    script = Path(sys.executable).parent / "migfix"
    shown = subprocess.run([script], cwd=blog, env=environment, capture_output=True, text=True, check=False).stdout
    assert ("MIG201" in shown, "break-dependency-cycle" in shown, "MIG101" in shown) == (True, True, False)


def test_help(blog: Path, migfix: Migfix) -> None:
    """Arguments have a help text, summaries fit their line, and a slip is answered once."""
    overview = migfix("--help", cwd=blog).stdout
    assert "..." not in overview.partition("Commands:")[2]
    assert "Migration files or folders. Default: the migrations that are new in git." in " ".join(
        migfix("check", "--help", cwd=blog).stdout.split()
    )
    assert migfix("chek", cwd=blog).stderr.count("Did you mean") == 1
    assert migfix("check", "--forc", cwd=blog).stderr.count("Did you mean") <= 1
