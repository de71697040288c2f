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
from conftest import ENGINES, Migfix

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
    for tool in (["git", "apply"], ["patch", "-p1", "--binary"]):
        project = case.copy_before(tmp_path / tool[0])
        command = [sys.executable, "-m", "migfix", "diff", *case.config["paths"], *flags(case)]
        patch = subprocess.run(command, cwd=project, capture_output=True, check=False).stdout
        applied = subprocess.run(tool, cwd=project, input=patch, capture_output=True, check=False)
        assert applied.returncode == 0, applied.stderr
        assert contents(project) == expected


@pytest.mark.parametrize("case", DB_CASES, ids=lambda case: case.name)
def test_on_a_database(case: Case, engine: str, tmp_path: Path) -> None:
    """Before fails or passes as the case says; after goes forward, back, forward, and takes an ordinary insert."""
    if tuple(map(int, case.config.get("django", "4.2").split("."))) > django.VERSION:
        pytest.skip(f"the models of this case need Django {case.config['django']}")
    expected = case.config["db"].get("before", "fails")
    expected = expected.get(engine, "passes") if isinstance(expected, dict) else expected
    if expected == "not tested":
        return
    if case.refusal is None:
        assert prove(case, case.copy_after(tmp_path / "after"), engine) is None
    if case.is_rewritten or case.refusal is not None or expected == "passes":
        failed = prove(case, case.copy_before(tmp_path / "before"), engine)
        assert (failed is None) == (expected == "passes"), failed


def prove(case: Case, project: Path, engine: str) -> str | None:
    """The step that failed on a scratch database of this process's own, None if none did."""
    command = [
        sys.executable,
        str(Path(__file__).parent / "prover.py"),
        str(project),
        engine,
        f"migfix_test_{os.getpid()}",
    ]
    environment = os.environ | {"MIGFIX_TEST_DATABASE": json.dumps(ENGINES[engine])}
    result = subprocess.run(
        [*command, str(case.folder / "case.toml")], capture_output=True, text=True, env=environment, check=False
    )
    assert result.returncode == 0, result.stderr[-3000:]
    failed = json.loads(result.stdout)["failed"]
    return str(failed) if failed is not None else None
