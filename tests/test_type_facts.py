"""``check`` is silent about a change of type only where nothing went wrong with any value: facts/alter_fields.py."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from conftest import URLS, Migfix, demand
from projects import migration

TABLE = Path(__file__).parents[1] / "src" / "migfix" / "changes" / "types.tsv"
SCRIPT = Path(__file__).parents[1] / "facts" / "alter_fields.py"
ENGINES = ("sqlite", "postgresql", "mariadb", "mysql")
CODE = {
    "CharField(10)": "CharField(max_length=10, null=True)",
    "CharField(50)": "CharField(max_length=50, null=True)",
    "CharField(200)": "CharField(max_length=200, null=True)",
    "DecimalField(8, 2)": "DecimalField(max_digits=8, decimal_places=2, null=True)",
    "DecimalField(12, 2)": "DecimalField(max_digits=12, decimal_places=2, null=True)",
    "DecimalField(12, 4)": "DecimalField(max_digits=12, decimal_places=4, null=True)",
}
OPTIONS = {"not null": "null=False", "unique": "unique=True", "other collation": 'db_collation="C"'}
TIME_OF_DAY = ("DateTimeField", "DateField")
"""A date has no time of day, which is what the change is for. Only SQLite needs more."""


def measured() -> dict[tuple[str, str], dict[str, str]]:
    """Old and new field -> engine -> what went wrong."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for line in TABLE.read_text().splitlines():
        if line.startswith("#"):
            continue
        old, new, engine, wrong = line.split("\t")
        found.setdefault((old, new), {})[engine] = wrong
    return found


def code_of(name: str) -> str:
    given = [code for option, code in OPTIONS.items() if option in name]
    plain = min((name.removesuffix(option).strip() for option in OPTIONS), key=len).removesuffix(" unique")
    code = CODE.get(plain, f"{plain}(null=True)")
    code = code.replace("null=True", ", ".join(given if "not null" in name else ["null=True", *given]))
    return f"models.{code}"


def project(root: Path, pairs: list[tuple[str, str]]) -> list[int]:
    """A project whose second migration alters a field for each pair. Returns the lines of the operations."""
    folder = root / "blog" / "migrations"
    folder.mkdir(parents=True)
    (root / "manage.py").touch()
    fields = "".join(f'("f{number}", {code_of(old)}), ' for number, (old, _) in enumerate(pairs))
    (folder / "0001_initial.py").write_text(
        migration(
            f'        migrations.CreateModel("post", fields=[("id", models.BigAutoField(primary_key=True)), {fields}]),'
        )
    )
    altered = "\n".join(
        f'        migrations.AlterField("post", "f{number}", {code_of(new)}),' for number, (_, new) in enumerate(pairs)
    )
    text = migration(altered, ("blog", "0001_initial"))
    (folder / "0002_more.py").write_text(text)
    lines = text.splitlines()
    return [next(i for i, line in enumerate(lines, 1) if f'"f{number}",' in line) for number in range(len(pairs))]


@pytest.mark.parametrize("engine", ENGINES)
def test_silent_where_nothing_is_lost(tmp_path: Path, forked: Migfix, engine: str) -> None:
    table = measured()
    assert {tuple(sorted(each)) for each in table.values()} == {tuple(sorted(ENGINES))}
    pairs = list(table)
    lines = project(tmp_path, pairs)
    options = ["--engine", engine, "--force", "--output-format", "json"]
    result = forked("check", "blog/migrations/0002_more.py", *options, cwd=tmp_path)
    assert result.returncode == 1, result.stderr
    found = json.loads(result.stdout)
    told = {each["line"] for each in found["findings"] + found["uncertain"]}
    silent = [pair for pair, line in zip(pairs, lines, strict=True) if line not in told]
    lost = [pair for pair in silent if table[pair][engine] and pair != TIME_OF_DAY]
    assert lost == []
    alarms = [pair for pair, line in zip(pairs, lines, strict=True) if line in told and not table[pair][engine]]
    assert len(alarms) <= len(pairs) // 20, alarms


SAMPLE = 12


@pytest.mark.parametrize("engine", ENGINES)
def test_a_sample_is_as_measured(engine: str) -> None:
    """Other pairs each day, on the real server. ``python facts/alter_fields.py`` measures all of them."""
    demand(engine)
    url = URLS[engine].replace("sqlite", "sqlite://:memory:").replace("mariadb://", "mysql://")
    seed = str(date.today().toordinal())
    database = "" if engine == "sqlite" else f"/migfix_facts_{engine}"
    command = [sys.executable, str(SCRIPT), "--sample", str(SAMPLE), "--seed", seed, f"{url}{database}"]
    result = subprocess.run(command, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    lines = result.stdout.splitlines()
    assert len(lines) == SAMPLE
    assert set(lines) - set(TABLE.read_text().splitlines()) == set(), result.stderr


def test_every_engine_fails_on_some(tmp_path: Path) -> None:
    """The table isn't empty, and it isn't about one engine only."""
    wrong = [engine for found in measured().values() for engine, text in found.items() if text]
    assert all(wrong.count(engine) > 300 for engine in ENGINES)
