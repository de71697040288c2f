"""The advice of each "can't fix" finding works: following it removes the finding, and no rule reports a new one."""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cases import Case, all_cases
from conftest import Migfix
from test_fixtures import CODES

FINDING = re.compile(r"^(?P<path>[^:]+):(?P<line>\d+): (?P<code>MIG\d+) ")
STEP = """def fill(apps, schema_editor):
    {name} = apps.get_model("{app}", "{name}")
    for row in {name}.objects.using(schema_editor.connection.alias).filter({field}=None):
        row.{field} = row.pk
        row.save(update_fields=["{field}"])


class Migration("""

Way = list[str]
"""Options for the next run, after the files were edited."""


def operation(source: str, line: int) -> ast.Call:
    """The operation whose source contains a line."""
    calls = [
        each
        for each in ast.walk(ast.parse(source))
        if isinstance(each, ast.Call) and each.lineno <= line <= (each.end_lineno or 0)
    ]
    return next(each for each in calls if ast.unparse(each.func).startswith("migrations."))


def put(path: Path, node: ast.AST, text: str) -> None:
    """Replace a node with ``text``."""
    source = path.read_text()
    old = ast.get_source_segment(source, node)
    assert old is not None
    assert source.count(old) == 1
    path.write_text(source.replace(old, text))


def field_of(source: str, line: int) -> ast.Call:
    """The field of the first AddField or AlterField at a line or after it."""
    calls = [each for each in ast.walk(ast.parse(source)) if isinstance(each, ast.Call)]
    found = next(
        each
        for each in sorted(calls, key=lambda each: each.lineno)
        if ast.unparse(each.func) in ("migrations.AddField", "migrations.AlterField") and (each.end_lineno or 0) >= line
    )
    field = next((each.value for each in found.keywords if each.arg == "field"), found.args[-1] if found.args else None)
    assert isinstance(field, ast.Call)
    return field


def allowing_null(field: ast.Call) -> str:
    kept = [each for each in field.keywords if each.arg not in ("default", "null")]
    return ast.unparse(ast.Call(field.func, field.args, [*kept, ast.keyword("null", ast.Constant(True))]))


def nullable(path: Path, line: int, said: re.Match[str]) -> Iterator[Way]:
    field = field_of(path.read_text(), line)
    put(path, field, allowing_null(field))
    path.write_text(path.read_text().replace("preserve_default=False,", ""))
    yield []


def nullable_first(path: Path, line: int, said: re.Match[str]) -> Iterator[Way]:
    """Before a RemoveField, add an AlterField to null=True and a RunPython that fills the field when going back."""
    _, model, name = said["label"].split(".")
    created = ast.parse((path.parent / "0001_initial.py").read_text())
    pairs = [each.elts for each in ast.walk(created) if isinstance(each, ast.Tuple) and len(each.elts) == 2]
    field = next(field for key, field in pairs if isinstance(key, ast.Constant) and key.value == name)
    assert isinstance(field, ast.Call)
    call = operation(path.read_text(), line)
    removal = ast.get_source_segment(path.read_text(), call)
    alter = f"migrations.AlterField({model.lower()!r}, {name!r}, {allowing_null(field)})"
    put(path, call, f"{alter},\n        migrations.RunPython(migrations.RunPython.noop, fill),\n        {removal}")
    _write_function(path, said["label"])
    yield []


def own_step(path: Path, line: int, said: re.Match[str]) -> Iterator[Way]:
    call = operation(path.read_text(), line)
    old = ast.get_source_segment(path.read_text(), call)
    put(path, call, f"migrations.RunPython(fill, migrations.RunPython.noop),\n        {old}")
    _write_function(path, said["label"])
    yield []


def _write_function(path: Path, label: str) -> None:
    app, name, field = label.split(".")
    text = path.read_text()
    path.write_text(text.replace("class Migration(", STEP.format(app=app, name=name, field=field), 1))


def reverse_code(path: Path, line: int, said: re.Match[str]) -> Iterator[Way]:
    call = operation(path.read_text(), line)
    put(path, call, f"migrations.RunPython({ast.unparse(call.args[0])}, reverse_code={said['inverse']})")
    yield []


def value(path: Path, line: int, said: re.Match[str]) -> Iterator[Way]:
    for text in ("1", "some text"):
        yield ["--set", f"{said['label']}={text}"]


def named(path: Path, line: int, said: re.Match[str]) -> Iterator[Way]:
    lines = path.read_text().splitlines(keepends=True)
    old = next(number for number in range(line - 1, len(lines)) if "0" in lines[number])
    lines[old] = re.sub(r"(['\"])\d{4}_\w+\1", repr(said["name"]), lines[old])
    path.write_text("".join(lines))
    yield []


def ignored(path: Path, line: int, said: re.Match[str]) -> Iterator[Way]:
    lines = path.read_text().splitlines(keepends=True)
    lines.insert(line - 1, f"        {said['comment']}\n")
    path.write_text("".join(lines))
    yield []


def option(path: Path, line: int, said: re.Match[str]) -> Iterator[Way]:
    yield said["option"].split()


WAYS: list[tuple[str, Callable[[Path, int, re.Match[str]], Iterator[Way]]]] = [
    (r"(?P<option>--set-noop)", option),
    (r"(?P<option>--moved [\w.=]*\w)", option),
    (r"(?P<option>--engine postgresql)", option),
    (r"(?P<option>--ignore MIG\d+)", option),
    (r"reverse_code=(?P<inverse>\w+)", reverse_code),
    (r"--set (?P<label>[\w.]+)=", value),
    (r"--set (?P<label>[\w.]+)=.*fill the column in a RunPython", own_step),
    (r"(?P<comment># migfix: ignore\[MIG\d+\])", ignored),
    (r"[Mm]ake the (?:field|key) nullable", nullable),
    (r"(?s)can't fix: (?P<label>[\w.]+) is NOT NULL.*alter it to null=True first", nullable_first),
    (r"perhaps (?P<name>\w+)", named),
]
ADVISED = [
    (case, pattern, carry_out)
    for case in all_cases()
    if case.refusal and case.refusal.count(": can't fix: ") == 1 and case.folder.name != "refuse_impossible_check"
    for pattern, carry_out in WAYS
    if re.search(pattern, case.refusal)
]


@pytest.mark.parametrize(
    ("case", "pattern", "carry_out"), ADVISED, ids=[f"{case}-{way.__name__}" for case, _, way in ADVISED]
)
def test_advice_holds(
    case: Case,
    pattern: str,
    carry_out: Callable[[Path, int, re.Match[str]], Iterator[Way]],
    tmp_path: Path,
    forked: Migfix,
) -> None:
    assert case.refusal
    found, said = FINDING.match(case.refusal), re.search(pattern, case.refusal)
    assert found
    assert said
    project = case.copy_before(tmp_path / "project")
    user = ["--auth-user-model", user] if (user := case.config.get("auth_user_model")) else []
    options = [*case.config.get("flags", []), *user, "--extend-select", found["code"], "--output-format", "json"]
    if not (project / found["path"]).exists():  # a file that the rewrite creates
        forked("apply", *case.config["paths"], *options[:-2], cwd=project)
    before = refused(forked("check", *case.config["paths"], *options, cwd=project).stdout)
    assert any(code == found["code"] for code, _ in before)
    ends = []
    for way in carry_out(project / found["path"], int(found["line"]), said):
        result = forked("check", *case.config["paths"], *options, *way, cwd=project)
        assert result.returncode in (0, 1) or way, result.stderr
        ends.append(refused(result.stdout) if result.returncode in (0, 1) else {("", result.stderr)})
    assert any(not end - before and all(code != found["code"] for code, _ in end) for end in ends), ends


def refused(output: str) -> set[tuple[str, str]]:
    return {(each["code"], each["why"]) for each in json.loads(output)["findings"] if each["is_refused"]}


def test_all_codes_are_known() -> None:
    assert {case.rule for case, _, _ in ADVISED} <= set(CODES)
