"""``--set`` for rows that don't fit their new column: the value must fit it."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Migfix
from projects import ID, migration

FIELDS = {
    "token": "CharField(max_length=40)",
    "day": "CharField(max_length=40)",
    "extra": "TextField()",
    "few": "CharField(max_length=9)",
    "price": "CharField(max_length=9)",
    "size": "BigIntegerField()",
}
NEW = {
    "token": "UUIDField()",
    "day": "DateField()",
    "extra": "JSONField()",
    "few": "PositiveSmallIntegerField()",
    "price": "DecimalField(max_digits=5, decimal_places=2)",
    "size": "SmallIntegerField()",
}
PATH = "shop/migrations/0002_more.py"


def run(root: Path, forked: Migfix, field: str, value: str) -> tuple[int, str, str]:
    """The exit code, what was said, and the file."""
    folder = root / "shop" / "migrations"
    folder.mkdir(parents=True)
    (root / "manage.py").touch()
    fields = ", ".join(f'("{name}", models.{kind})' for name, kind in FIELDS.items())
    first = f'migrations.CreateModel("Page", [("id", {ID}), {fields}]),'
    (folder / "0001_initial.py").write_text(migration(first, attributes="initial = True"))
    second = f'migrations.AlterField("page", "{field}", models.{NEW[field]}),'
    (folder / "0002_more.py").write_text(migration(second, ("shop", "0001_initial")))
    result = forked("apply", PATH, "--force", "--set", f"shop.Page.{field}={value}", cwd=root)
    return result.returncode, result.stdout + result.stderr, (root / PATH).read_text()


@pytest.mark.parametrize(
    ("field", "value", "written"),
    [
        ("token", "7D444840-9DC0-11D1-B245-5FFDCE74FAD2", '"7d4448409dc011d1b2455ffdce74fad2"'),
        ("day", "2024-05-31", '"2024-05-31"'),
        ("extra", '{"a": 1}', """'{"a": 1}'"""),
        ("few", "7", '"7"'),
        ("price", "1.5", '"1.5"'),
        ("size", "-1", "update(size=-1)"),
    ],
)
def test_a_value_that_fits(tmp_path: Path, forked: Migfix, field: str, value: str, written: str) -> None:
    code, said, text = run(tmp_path, forked, field, value)
    assert code == 0, said
    assert written in text


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("token", "banana", "shop.Page.token is of type UUIDField, but `banana` isn't a UUID."),
        ("day", "2024-13-45", "shop.Page.day is of type DateField, but `2024-13-45` isn't a date such as 2024-05-31."),
        ("extra", "{bad", "the value '{bad' that you set isn't JSON."),
        ("few", "-5", "the value -5 that you set doesn't fit."),
        ("few", "40000", "the value 40000 that you set doesn't fit."),
        ("price", "1000", "the value 1000 that you set doesn't fit."),
        ("size", "40000", "the value 40000 that you set doesn't fit either."),
    ],
)
def test_a_value_that_does_not(tmp_path: Path, forked: Migfix, field: str, value: str, why: str) -> None:
    code, said, text = run(tmp_path, forked, field, value)
    assert code in (1, 2)
    assert why in said
    assert "RunPython" not in text
