"""Rules are right about other linters: each code that a rule ``resolves`` is reported less often after the rewrite."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest
from cases import FIXTURES, Case
from conftest import ENGINES, MISSING

from migfix.planning.registry import all_rules

SETTINGS = """
SECRET_KEY = "x"
INSTALLED_APPS = {apps!r}
DATABASES = {{"default": {database!r}}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = {user!r}
"""
MESSAGES = {
    "NOT_NULL": "NOT NULL constraint on columns",
    "DROP_TABLE": "DROPPING table",
    "RUNPYTHON_MODEL_IMPORT": "Could not find an 'apps.get_model",
    "RUNPYTHON_REVERSIBLE": "RunPython data migration is not reversible",
    "RUNSQL_REVERSIBLE": "RunSQL data migration is not reversible",
}
"""Codes of django-migration-linter, and the messages that its command prints for them."""


def run(*command: str, cwd: Path) -> str:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False).stdout


def manage(case: Case, folder: Path, package: str, *arguments: str) -> str:
    apps = sorted(path.parent.name for path in folder.glob("*/migrations"))
    installed = ["django.contrib.contenttypes", "django.contrib.auth", package, *apps]
    user = case.config.get("auth_user_model", "auth.User")
    engine = "sqlite" if "postgresql" in MISSING else "postgresql"  # no table is touched, SQL is only shown
    database = {**ENGINES[engine], "NAME": ":memory:" if engine == "sqlite" else "postgres"}
    (folder / "settings.py").write_text(SETTINGS.format(apps=installed, user=user, database=database))
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(folder)}
    command = [sys.executable, "-W", "ignore", "-m", "django", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=environment).stdout


def by_zdm(case: Case, folder: Path) -> Counter[str]:
    binary = shutil.which("zdm") or str(Path(sys.executable).with_name("zdm"))
    told = run(binary, "--output-format", "json", ".", cwd=folder)
    return Counter(each["rule_id"] for each in json.loads(told)["diagnostics"])


def by_safe_migrations(case: Case, folder: Path) -> Counter[str]:
    told = manage(case, folder, "django_safe_migrations", "check_migrations", "--format", "json")
    return Counter(re.findall(r'"rule_id": "(SM\d+)"', told))


def by_migration_linter(case: Case, folder: Path) -> Counter[str]:
    told = manage(case, folder, "django_migration_linter", "lintmigrations", "--no-cache")
    return Counter({code: told.count(message) for code, message in MESSAGES.items()})


def by_squawk(case: Case, folder: Path) -> Counter[str]:
    told: Counter[str] = Counter()
    for path in sorted(folder.glob("*/migrations/0*.py")):
        sql = manage(case, folder, "django.contrib.sites", "sqlmigrate", path.parent.parent.name, path.stem)
        if sql:
            (folder / "x.sql").write_text(sql)
            binary = shutil.which("squawk") or str(Path(sys.executable).with_name("squawk"))
            told.update(
                each["rule_name"] for each in json.loads(run(binary, "--reporter", "Json", "x.sql", cwd=folder))
            )
    return told


Linter = Callable[[Case, Path], Counter[str]]
LINTERS: dict[str, tuple[str, Linter]] = {
    "django-migration-linter": ("django_migration_linter", by_migration_linter),
    "django-safe-migrations": ("django_safe_migrations", by_safe_migrations),
    "squawk": ("", by_squawk),
    "zdm": ("", by_zdm),
}


def is_there(tool: str) -> bool:
    package, _ = LINTERS[tool]
    if package:
        return importlib.util.find_spec(package) is not None
    return bool(shutil.which(tool)) or Path(sys.executable).with_name(tool).exists()


@pytest.mark.parametrize(
    ("stem", "tool", "codes"),
    [
        pytest.param(rule.name.replace("-", "_"), tool, set(codes), id=f"{rule.code}-{tool}")
        for rule in all_rules()
        for tool, codes in rule.resolves.items()
    ],
)
def test_resolved(tmp_path: Path, stem: str, tool: str, codes: set[str]) -> None:
    if not is_there(tool):
        pytest.skip(f"{tool} isn't installed: pip install -e '.[packages]' brings it")
    if tool in ("squawk", "django-migration-linter") and "postgresql" in MISSING:
        pytest.skip(f"{tool} reads PostgreSQL's SQL here, and {MISSING['postgresql']}")
    _, reported = LINTERS[tool]
    waiting = set(codes)
    for number, after in enumerate(sorted((FIXTURES / stem).glob("*/after"))):
        case = Case(after.parent)
        before = reported(case, case.copy_before(tmp_path / f"{number}-before"))
        if not any(before[code] for code in waiting):
            continue
        left = reported(case, case.copy_after(tmp_path / f"{number}-after"))
        waiting -= {code for code in waiting if left[code] < before[code]}
        if not waiting:
            break
    assert not waiting


def test_pages_list_the_resolved_codes() -> None:
    for rule in all_rules():
        page = (Path(__file__).parents[1] / "docs/rules" / f"{rule.name.replace('-', '_')}.md").read_text()
        told = "; ".join(f"{tool} {', '.join(f'`{code}`' for code in codes)}" for tool, codes in rule.resolves.items())
        assert ("## Other linters" in page) == bool(rule.resolves)
        if rule.resolves:
            assert page.endswith(f"\n## Other linters\n\nAfter the fix, other linters no longer report: {told}.\n")
