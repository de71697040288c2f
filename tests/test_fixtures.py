"""One harness for all fixtures: bytes in, bytes out, databases after."""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
import tokenize
from pathlib import Path

import django
import pytest
from cases import Case, all_cases, contents
from conftest import ENGINES, MISSING, URLS, Migfix

from migfix.registry import all_rules

CASES = all_cases()
DB_CASES = [case for case in CASES if "db" in case.config]
CODES = {rule.name.replace("-", "_"): rule.code for rule in all_rules()}


def flags(case: Case) -> list[str]:
    user = case.config.get("auth_user_model")
    return [*case.config.get("flags", []), *(["--auth-user-model", user] if user else []), *_selected(case)]


def _selected(case: Case) -> list[str]:
    return ["--select", case.config.get("select", CODES[case.rule])]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_apply(case: Case, tmp_path: Path, migfix: Migfix) -> None:
    """The files are as in ``after``, a refusal says what refusal.txt says, and a second apply changes nothing."""
    project = case.copy_before(tmp_path / "project")
    result = migfix("apply", *case.config["paths"], *flags(case), cwd=project)
    assert contents(project) == contents(case.copy_after(tmp_path / "expected")), result.stdout + result.stderr
    refused = "".join(
        line + "\n" for line in result.stdout.splitlines() if ": refused: " in line or line.startswith("  next: ")
    )
    assert refused == (case.refusal or "")
    assert result.returncode == (1 if case.refusal else 0), result.stdout + result.stderr
    again = migfix("apply", *case.config["paths"], *flags(case), cwd=project)
    assert contents(project) == contents(tmp_path / "expected"), "a second apply must change nothing"
    assert again.returncode == (1 if case.refusal else 0)


@pytest.mark.parametrize("case", [case for case in CASES if case.is_rewritten], ids=lambda case: case.name)
def test_comments_survive(case: Case, tmp_path: Path) -> None:
    before = contents(case.copy_before(tmp_path / "before"))
    after = contents(case.copy_after(tmp_path / "after"))
    for path in after:
        if path.endswith(".py"):
            ast.parse(after[path])
    old = sorted(comment for path, source in before.items() if path.endswith(".py") for comment in comments(source))
    new = [comment for path, source in after.items() if path.endswith(".py") for comment in comments(source)]
    for comment in old:
        assert comment in new
        new.remove(comment)


def comments(source: bytes) -> list[str]:
    return [token.string for token in tokenize.tokenize(io.BytesIO(source).readline) if token.type == tokenize.COMMENT]


@pytest.mark.parametrize("case", [case for case in CASES if case.is_rewritten], ids=lambda case: case.name)
def test_diff_is_a_patch(case: Case, tmp_path: Path, migfix: Migfix) -> None:
    """``git apply`` and ``patch -p1`` both turn ``before`` into ``after`` with what ``diff`` prints."""
    expected = contents(case.copy_after(tmp_path / "expected"))
    command = [sys.executable, "-m", "migfix", "diff", *case.config["paths"], *flags(case)]
    project = case.copy_before(tmp_path / "project")
    patch = subprocess.run(command, cwd=project, capture_output=True, check=False).stdout
    for tool in (["git", "apply"], ["patch", "-p1", "--binary"]):
        project = case.copy_before(tmp_path / tool[0])
        applied = subprocess.run(tool, cwd=project, input=patch, capture_output=True, check=False)
        assert applied.returncode == 0, applied.stderr
        assert contents(project) == expected


SETTINGS = """
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", *{apps}]
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "{user}"
USE_TZ = True
"""


def trials() -> list[tuple[Case, str]]:
    """A rewrite on every engine; what is left alone on one, unless it says what each engine does.

    CI has legs of its own for SQLite, with the oldest and the newest Django; the leg of the servers leaves it to them.
    """
    is_sqlite_leg = bool(os.environ.get("MIGFIX_SQLITE_ONLY"))
    elsewhere = {"sqlite"} if os.environ.get("CI") and not is_sqlite_leg else set()
    one = "sqlite" if "postgresql" in MISSING else "postgresql"
    return [
        (case, engine)
        for case in DB_CASES
        for engine in ENGINES
        if (case.is_rewritten or isinstance(case.config["db"].get("before"), dict) or engine == one)
        and engine not in elsewhere
        and (case.is_rewritten or not is_sqlite_leg)
    ]


@pytest.mark.parametrize(("case", "engine"), trials(), indirect=["engine"], ids=str)
def test_on_a_database(case: Case, engine: str, tmp_path: Path, migfix: Migfix) -> None:
    """The original fails or passes as the case says; the rewritten version passes every step."""
    if tuple(map(int, case.config.get("django", "4.2").split("."))) > django.VERSION:
        pytest.skip(f"the models of this case need Django {case.config['django']}")
    expected = case.config["db"].get("before", "fails")
    expected = expected.get(engine, "passes") if isinstance(expected, dict) else expected
    if expected == "not tested":
        return
    project = case.copy_before(tmp_path / "project")
    apps = sorted(path.parent.name for path in project.glob("*/migrations"))
    user = case.config.get("auth_user_model", "auth.User")
    (project / "settings.py").write_text(SETTINGS.format(apps=apps, user=user))
    arguments = ["--settings", "settings", "--engine", URLS[engine], "--json", *_verify_flags(case)]
    if rows := case.config["db"].get("rows"):
        (project / "rows.sql").write_text(";\n".join(rows))
        arguments += ["--rows-from", "rows.sql"]
    result = migfix(
        "verify", *case.config["paths"], *arguments, *(["--compare"] if case.is_rewritten else []), cwd=project
    )
    assert result.stdout, result.stderr
    proof = json.loads(result.stdout)
    passed = {trial["version"]: trial["passed"] for trial in proof["trials"]}
    wanted = {"original": expected == "passes", "rewritten": True} if case.is_rewritten else {"": expected == "passes"}
    assert passed == wanted, result.stdout
    assert result.returncode == (0 if wanted.get("rewritten", wanted.get("")) else 1)


def _verify_flags(case: Case) -> list[str]:
    return ["--engines" if each == "--engine" else each for each in flags(case)]
