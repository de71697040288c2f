"""``apply --interactive``, through a pseudo-terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from cases import FIXTURES, Case, contents
from conftest import Migfix
from terminal import typed

FILE = "blog/migrations/0002_category_post_category.py"
LATER = """
from django.db import migrations


def forget(apps, schema_editor):
    apps.get_model("blog", "Post").objects.filter(title="").update(title="none")


def tidy(apps, schema_editor):
    apps.get_model("blog", "Post").objects.filter(title="-").update(title="none")


class Migration(migrations.Migration):
    dependencies = [("blog", "0002_category_post_category")]
    operations = [migrations.RunPython(forget), migrations.RunPython(tidy)]
"""
STEPS = "blog/migrations/0003_steps.py"
COMMAND = [sys.executable, "-m", "migfix", "apply", "--interactive"]


def site(tmp_path: Path, case: str = "seed_default_row/one_off_default") -> Path:
    folder = Case(FIXTURES / case).copy_before(tmp_path / "site")
    if case.startswith("seed"):
        (folder / STEPS).write_text(LATER)
    return folder


def review(folder: Path, *answers: str, paths: tuple[str, ...] = ("blog",)) -> tuple[int, str]:
    return typed([*COMMAND, *paths], folder, [each.encode() for each in answers])


@pytest.mark.parametrize(
    ("answers", "is_seeded", "noops"),
    [
        (["y\n", "y\n", "y\n"], True, 2),
        (["yes\n", "n\n", "n\n"], True, 0),
        (["n\n", "y\n", "n\n"], False, 1),
        (["n\n", "n\n", "no\n"], False, 0),
        (["y\n", "q\n"], True, 0),
        (["y\n", "y\n", "\x04"], True, 1),
        (["q\n"], False, 0),
    ],
)
def test_each_rewrite_is_asked_for(tmp_path: Path, answers: list[str], is_seeded: bool, noops: int) -> None:
    folder = site(tmp_path)
    code, shown = review(folder, *answers)
    assert code == (0 if is_seeded and noops == 2 else 1), shown
    assert ("def seed_category" in (folder / FILE).read_text()) is is_seeded
    assert (folder / STEPS).read_text().count("noop") == noops, shown


def test_yes_to_all_has_the_result_of_apply(tmp_path: Path) -> None:
    """The next file relies on the rows that one file creates, however many rewrites are made at once."""
    case = Case(FIXTURES / "seed_default_row/two_files_one_target")
    folder = case.copy_before(tmp_path / "site")
    code, shown = review(folder, "y\n", "y\n")
    assert code == 0, shown
    assert contents(folder) == contents(case.copy_after(tmp_path / "expected"))


def test_each_diff_is_of_one_rewrite(tmp_path: Path) -> None:
    folder = site(tmp_path)
    _, shown = review(folder, "y\n", "y\n", "y\n")
    asked = shown.split("Fix? [")
    assert [each.count("+++ b/") for each in asked] == [1, 1, 1, 0]
    assert "tidy" in asked[1].partition("@@")[2]
    assert asked[0].count("\n+") > 10 > asked[1].count("\n+")


def test_another_value_for_a_row(tmp_path: Path) -> None:
    folder = site(tmp_path)
    code, shown = review(folder, "e\n", "News\n", "y\n", "n\n", "n\n")
    assert (code, shown.count("Fix? [y,n,e,x,q,?]")) == (1, 2), shown
    assert 'blog.Category.name ["Category 1"]: ' in shown
    assert "defaults={'name': 'News'}" in (folder / FILE).read_text()


def test_a_value_that_does_not_fit(tmp_path: Path) -> None:
    """The error is shown and the value is asked for again. On the command line the run ends."""
    folder = site(tmp_path)
    code, shown = review(folder, "e\n", f"{LONG}\n", "y\n", "y\n", "y\n")
    assert code == 0, shown
    assert "blog.Category.name takes 50 characters, but its value has 60.\n" in shown
    assert "defaults={'name': 'Category 1'}" in (folder / FILE).read_text()


LONG = "x" * 60
TOO_LONG = "takes 50 characters, but its value has 60."
NO_NUMBER = "is of type IntegerField, but `many` isn't a whole number."


@pytest.mark.parametrize(
    ("case", "value", "told"),
    [
        ("seed_default_row/one_off_default", f"blog.Category.name={LONG}", TOO_LONG),
        ("backfill_before_not_null/refuse_number", "blog.Post.rank=many", NO_NUMBER),
    ],
)
def test_a_value_that_does_not_fit_on_the_command_line(
    tmp_path: Path, migfix: Migfix, case: str, value: str, told: str
) -> None:
    folder = site(tmp_path, case)
    before = contents(folder)
    result = migfix("apply", "blog", "--set", value, cwd=folder)
    assert (result.returncode, result.stderr) == (2, f"error: {value.partition('=')[0]} {told}\n")
    assert contents(folder) == before


def test_explain_and_help(tmp_path: Path) -> None:
    _, shown = review(site(tmp_path), "x\n", "?\n", "what\n", "q\n")
    assert "# MIG101 seed-default-row" in shown
    assert shown.count("q  skip this and all that follow") == 2


def test_a_missing_value_is_asked_for(tmp_path: Path) -> None:
    case = Case(FIXTURES / "backfill_before_not_null/refuse_number")
    folder = case.copy_before(tmp_path / "site")
    question = "blog.Post.rank (empty to skip): "
    code, shown = review(folder, "\n", paths=tuple(case.config["paths"]))
    assert (code, question in shown) == (1, True), shown
    code, shown = review(folder, "7\n", "y\n", paths=tuple(case.config["paths"]))
    assert code == 0, shown
    assert "rank=7" in "".join(path.read_text() for path in folder.glob("blog/migrations/0002*.py"))


@pytest.mark.parametrize(("answers", "is_moved"), [(["y\n", "y\n"], True), (["n\n"], False)])
def test_a_move_is_asked_for(tmp_path: Path, answers: list[str], is_moved: bool) -> None:
    case = Case(FIXTURES / "keep_rows_on_move/refuse_unsaid")
    folder = case.copy_before(tmp_path / "site")
    before = contents(folder)
    code, shown = review(folder, *answers, paths=tuple(case.config["paths"]))
    assert "Did cars.Engine become engines.Engine? [y,n] " in shown
    assert (code, contents(folder) != before) == (0 if is_moved else 1, is_moved), shown


def test_ctrl_c_writes_nothing(tmp_path: Path) -> None:
    folder = site(tmp_path)
    before = contents(folder)
    code, shown = review(folder, "y\n", "\x03")
    assert code not in (0, None), shown
    assert contents(folder) == before


def test_without_a_terminal(tmp_path: Path, migfix: Migfix) -> None:
    folder = site(tmp_path)
    before = contents(folder)
    result = migfix("apply", "blog", "--interactive", cwd=folder)
    told = "error: --interactive needs a terminal to ask at. Nothing was written.\n"
    assert (result.returncode, result.stderr) == (2, told)
    assert contents(folder) == before
