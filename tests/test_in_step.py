"""Rules, fixtures, pages and README list the same rules, and migfix writes code as black formats it."""

from __future__ import annotations

import ast
import re
import subprocess
from pathlib import Path

import black
import pytest
from cases import FIXTURES, Case, all_cases

from migfix.planning.registry import all_rules

ROOT = Path(__file__).parents[1]
REPORTING = {"keep_imported_code", "match_squash", "resume_without_transaction"}
"""Rules that rewrite nothing: their findings need your decision."""
ABOUT_A_DATABASE = {"align_foreign_key_table", "remove_leftovers"}
"""Rules that read a database: their cases are in tests of their own."""
STEMS = {rule.name.replace("-", "_") for rule in all_rules()}


def test_one_stem_everywhere() -> None:
    assert {path.parent.name for path in (ROOT / "src/migfix/rules").glob("*/check.py")} == STEMS
    assert {path.stem for path in (ROOT / "docs/rules").glob("*.md")} == STEMS
    assert {
        path.name for path in FIXTURES.iterdir() if path.is_dir() and path.name != "__pycache__"
    } == STEMS - ABOUT_A_DATABASE


def test_codes_are_documented() -> None:
    readme = (ROOT / "README.md").read_text()
    for rule in all_rules():
        assert f"| [{rule.code}](docs/rules/{rule.name.replace('-', '_')}.md) | {rule.name} |" in readme
        page = (ROOT / "docs/rules" / f"{rule.name.replace('-', '_')}.md").read_text()
        assert page.startswith(f"# {rule.code} {rule.name}\n\n**{rule.why}**\n")


def test_every_rule_has_cases_to_leave_alone() -> None:
    for stem in STEMS - ABOUT_A_DATABASE:
        cases = [case for case in all_cases() if case.rule == stem]
        silent = [case for case in cases if not case.is_rewritten and case.refusal is None]
        assert len(silent) >= 8, stem
        is_reporting_only = not any(case.is_rewritten for case in cases)
        assert is_reporting_only == (stem in REPORTING), stem
        assert is_reporting_only or len([case for case in cases if case.is_rewritten]) >= 8, stem


def added_code(case: Case) -> list[str]:
    """The functions that a rewrite added to existing files."""
    found = []
    for path in (case.folder / "after").rglob("*.py"):
        before = case.folder / "before" / path.relative_to(case.folder / "after")
        text = path.read_bytes().decode("utf-8-sig", errors="ignore").replace("\r\n", "\n").replace("\t", "    ")
        old = before.read_text(errors="ignore") if before.exists() else ""
        for node in ast.parse(text).body:
            if isinstance(node, ast.FunctionDef) and f"def {node.name}(" not in old and before.exists():
                lines = text.split("\n")[node.lineno - 1 : node.end_lineno]
                found.append("\n".join(lines) + "\n")
    return found


@pytest.mark.parametrize("case", [case for case in all_cases() if case.is_rewritten], ids=lambda case: case.name)
def test_added_functions_are_formatted_as_by_black(case: Case) -> None:
    mode = black.Mode(string_normalization=False)
    for code in added_code(case):
        assert black.format_str(code, mode=mode) == code


def test_rewritten_files_do_not_mention_migfix() -> None:
    for path in FIXTURES.glob("*/*/after/**/*.py"):
        assert b"migfix" not in path.read_bytes()


def test_no_workplace_in_our_files() -> None:
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    for name in filter(None, listed):
        text = (ROOT / name).read_text(errors="ignore") if (ROOT / name).is_file() else ""
        assert not re.search(r"/wor[k]/|deb\.debian\.or[g]|pypi\.or[g]/simple", text), name
