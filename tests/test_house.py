"""How the source is laid out: see docs/architecture.md."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest
from test_in_step import ABOUT_A_DATABASE

from migfix.planning.registry import all_rules

SOURCE = Path(__file__).parents[1] / "src" / "migfix"
MODULES = sorted(path for path in SOURCE.rglob("*.py"))
RULES = [SOURCE / "rules" / rule.stem for rule in all_rules()]
MOST_LINES_OF_A_MODULE = 300
MOST_LINES_OF_A_FUNCTION = 40
MOST_LINES_OF_THE_MEDIAN = 90
MOST_MODULES_OF_A_FOLDER = 16


def lines(path: Path) -> int:
    return path.read_text().count("\n")


def functions(path: Path) -> Iterator[ast.FunctionDef]:
    return (node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.FunctionDef))


def test_size() -> None:
    """Modules, functions and folders stay small, so that each has one job."""
    long_modules = [path.name for path in MODULES if lines(path) > MOST_LINES_OF_A_MODULE]
    long_functions = [
        f"{path.name}: {each.name}"
        for path in MODULES
        for each in functions(path)
        if (each.end_lineno or 0) - each.lineno >= MOST_LINES_OF_A_FUNCTION
    ]
    folders = {path.parent for path in MODULES}
    full = [each.name for each in folders if len(list(each.glob("*.py"))) > MOST_MODULES_OF_A_FOLDER]
    assert (long_modules, long_functions, full) == ([], [], [])
    assert statistics.median(map(lines, MODULES)) <= MOST_LINES_OF_THE_MEDIAN


@pytest.mark.parametrize("folder", RULES, ids=lambda folder: folder.name)
def test_a_rule_is_one_folder(folder: Path) -> None:
    """A rule has its description, check, page and fixtures under one stem."""
    description = ast.parse((folder / "__init__.py").read_text())
    assert ast.get_docstring(description)
    names = [node.name for node in description.body if isinstance(node, ast.FunctionDef)]
    assert "concerns" in names
    check = ast.parse((folder / "check.py").read_text())
    assert any(isinstance(node, ast.FunctionDef) and node.name == "check" for node in check.body)
    root = SOURCE.parents[1]
    assert (root / "docs" / "rules" / f"{folder.name}.md").is_file()
    has_cases = any((root / "fixtures" / folder.name).glob("*/case.toml"))
    assert has_cases != (folder.name in ABOUT_A_DATABASE)
