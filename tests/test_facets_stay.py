"""A step that one rule wrote for one change of a column hides no other change, in the same run or in a later one."""

from __future__ import annotations

from pathlib import Path

from cases import all_cases
from conftest import Migfix
from projects import ID, migration
from test_fixtures import CODES

from migfix.rows import prepared

FIRST = f"""migrations.CreateModel("Page", [
    ("id", {ID}), ("slug", models.CharField(max_length=50)), ("site", models.IntegerField()),
    ("lang", models.CharField(max_length=9)), ("size", models.BigIntegerField()),
]),"""
PATH = "shop/migrations/0002_more.py"


def project(root: Path, *operations: str) -> None:
    (root / "shop" / "migrations").mkdir(parents=True)
    (root / "manage.py").touch()
    (root / "shop/migrations/0001_initial.py").write_text(migration(FIRST, attributes="initial = True"))
    lines = "\n".join(f"migrations.{each}," for each in operations)
    (root / PATH).write_text(migration(lines, ("shop", "0001_initial")))


UNIQUE = 'AlterField("page", "slug", models.CharField(max_length=50, unique=True))'
TOGETHER = 'AlterUniqueTogether("page", {("site", "lang")})'
POSITIVE = 'AlterField("page", "size", models.PositiveSmallIntegerField())'
SHORTER = 'AlterField("page", "lang", models.CharField(max_length=3))'


def found(run: Migfix, root: Path, command: str, *options: str) -> list[str]:
    """The codes and labels of what needs a decision."""
    result = run(command, PATH, "--force", *options, cwd=root)
    lines = [line for line in result.stdout.splitlines() if "can't fix:" in line]
    assert result.returncode == bool(lines), result.stdout
    return [f"{line.split()[1]} {line.partition(chr(39) + 't fix: ')[2].split()[0]}" for line in lines]


def test_numbers_for_one_field_hide_no_other_field(tmp_path: Path, forked: Migfix) -> None:
    project(tmp_path, UNIQUE, TOGETHER, POSITIVE, SHORTER)
    left = ["MIG110 shop.Page.lang", "MIG110 shop.Page.size", "MIG111 site,", "MIG112 shop.Page.size"]
    suffix = "--duplicates", "shop.Page.slug=suffix"
    assert sorted(found(forked, tmp_path, "apply", *suffix)) == left
    assert sorted(found(forked, tmp_path, "check")) == left


def test_a_value_is_for_negative_and_for_large_numbers(tmp_path: Path, forked: Migfix) -> None:
    """Two rules, each with a step of its own."""
    project(tmp_path, POSITIVE)
    for options in ((), ("--set", "shop.Page.size=0"), ()):
        expected = [] if options or "def " in (tmp_path / PATH).read_text() else ["MIG110 shop.Page.size"]
        assert [each for each in found(forked, tmp_path, "apply", *options) if "MIG110" in each] == expected
    text = (tmp_path / PATH).read_text()
    assert "filter(size__lt=0)" in text
    assert "filter(size__gte=32768)" in text


def test_what_the_rules_write_is_known() -> None:
    """A step of an earlier run is known by its comment, so that the comments are those that the rules write."""
    for code, begins in prepared._FACETS.items():
        written = [
            path.read_text()
            for case in all_cases()
            if CODES[case.rule] == code
            for path in (case.folder / "after").rglob("*.py")
        ]
        for begin in begins:
            assert any(f"    # {begin}" in text for text in written), begin
