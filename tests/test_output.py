"""Output for tools: each format is read by the tool it is for, or by a validator of its makers."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from cases import FIXTURES, Case, contents
from conftest import Migfix
from projects import git

DOCS = Path(__file__).parents[1] / "docs"
FILE = "blog/migrations/0002_category_post_category.py"
CASES = ["seed_default_row/one_off_default", "split_data_from_schema/add_field", "add_reverse/refuse_increment"]


def cases() -> list[str]:
    """The first case of each rule and two more: rewrites, refusals, several findings and new files."""
    first = {path.parent.parent.name: path.parent for path in sorted(FIXTURES.glob("*/*/case.toml"), reverse=True)}
    return sorted({f"{path.parent.name}/{path.name}" for path in first.values()} | set(CASES[:2]))


def site(tmp_path: Path, name: str = CASES[0]) -> tuple[Path, list[str]]:
    case = Case(FIXTURES / name)
    config = case.config
    more = ["--select", config["select"]] if "select" in config else []
    return case.copy_before(tmp_path / "site"), [*config["paths"], *more, *config.get("flags", [])]


@pytest.mark.parametrize("name", cases())
def test_json_matches_its_schema(tmp_path: Path, forked: Migfix, name: str) -> None:
    folder, arguments = site(tmp_path, name)
    result = forked("check", *arguments, "--output-format", "json", cwd=folder)
    schema = json.loads((DOCS / "output.schema.json").read_text())
    document = json.loads(result.stdout)
    jsonschema.Draft202012Validator(schema).validate(document)
    assert bool(document["findings"]) == (result.returncode == 1)


def test_json(tmp_path: Path, migfix: Migfix) -> None:
    folder, arguments = site(tmp_path)
    result = migfix("apply", *arguments, "--output-format", "json", cwd=folder)
    document = json.loads(result.stdout)
    (file,) = document.pop("files")
    assert (file["path"], file["is_new"], file["is_written"]) == (FILE, False, True)
    (finding,) = [each for each in document["findings"] if each["code"] == "MIG101"]
    advice = finding.pop("advice")
    assert [each["condition"][:9] for each in advice] == ["the origi", "a first a"]
    assert finding == {
        "code": "MIG101",
        "rule": "seed-default-row",
        "path": FILE,
        "line": 21,
        "why": "existing blog.Post rows will get category=1, but blog.Category has no row 1.",
        "is_refused": False,
        "fix": "seed_category() creates it if blog.Post has rows, in a RunPython before the AddField.",
        "files": [FILE],
        "rows": [{"model": "blog.Category", "key": "pk=1", "values": {"name": '"Category 1"'}}],
    }


@pytest.mark.parametrize("form", ["json", "sarif", "gitlab", "github"])
def test_document_without_findings(tmp_path: Path, migfix: Migfix, form: str) -> None:
    folder, arguments = site(tmp_path)
    migfix("apply", *arguments, cwd=folder)
    result = migfix("check", *arguments, "--output-format", form, cwd=folder)
    assert result.returncode == 0
    empty = {"gitlab": "[]\n", "github": ""}
    if form in empty:
        assert result.stdout == empty[form]
    else:
        document = json.loads(result.stdout)
        assert (document["runs"][0]["results"] if form == "sarif" else document["findings"]) == []


@pytest.mark.parametrize("form", ["json", "sarif", "gitlab"])
def test_document_without_new_migrations(tmp_path: Path, migfix: Migfix, form: str) -> None:
    folder, _ = site(tmp_path)
    git("init", cwd=folder)
    git("add", ".", cwd=folder)
    git("commit", "-m", "deployed", cwd=folder)
    result = migfix("check", "--output-format", form, cwd=folder)
    assert (result.returncode, bool(result.stdout)) == (0, True)
    json.loads(result.stdout)


def test_paths_are_relative_to_the_repository(tmp_path: Path, migfix: Migfix) -> None:
    folder, _ = site(tmp_path / "backend")
    git("init", cwd=tmp_path)
    said = migfix("check", "--output-format", "github", cwd=folder).stdout
    assert f",file=backend/site/{FILE}," in said
    issues = json.loads(migfix("check", "--output-format", "gitlab", cwd=folder).stdout)
    assert {each["location"]["path"] for each in issues} == {f"backend/site/{FILE}"}


@pytest.mark.parametrize("form", ["github", "gitlab"])
def test_errors_are_on_stderr_if_the_format_has_no_place_for_them(tmp_path: Path, migfix: Migfix, form: str) -> None:
    folder, _ = site(tmp_path)
    (folder / FILE).write_text("class Migration(:\n")
    result = migfix("check", "blog", "--output-format", form, cwd=folder)
    assert (result.returncode, result.stderr.startswith(f"error: {folder}/{FILE}:1: ")) == (2, True)


def test_errors_are_in_the_document(tmp_path: Path, migfix: Migfix) -> None:
    folder, _ = site(tmp_path)
    (folder / FILE).write_text("class Migration(:\n")
    result = migfix("check", "blog", "--output-format", "json", cwd=folder)
    assert result.returncode == 2
    assert json.loads(result.stdout)["errors"][0].startswith(f"{folder}/{FILE}:1: ")
    result = migfix("check", "blog", "--output-format", "sarif", cwd=folder)
    (invocation,) = json.loads(result.stdout)["runs"][0]["invocations"]
    assert invocation["executionSuccessful"] is False


def test_gitlab(tmp_path: Path, migfix: Migfix) -> None:
    """The fields that GitLab's documentation requires. Each finding has a fingerprint that stays when lines move."""
    folder, arguments = site(tmp_path)
    issues = json.loads(migfix("check", *arguments, "--output-format", "gitlab", cwd=folder).stdout)
    found = {each["check_name"].split()[0] for each in issues}
    assert "MIG101" in found
    for issue in issues:
        assert set(issue) == {"type", "check_name", "description", "severity", "fingerprint", "location"}
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert not issue["location"]["path"].startswith(("/", "./"))
    prints = [each["fingerprint"] for each in issues]
    assert len(set(prints)) == len(prints)
    (folder / FILE).write_text("# a line more\n" + (folder / FILE).read_text())
    again = json.loads(migfix("check", *arguments, "--output-format", "gitlab", cwd=folder).stdout)
    assert [each["fingerprint"] for each in again] == prints
    assert [each["location"]["lines"]["begin"] for each in again] != [e["location"]["lines"]["begin"] for e in issues]


def test_lines_refer_to_the_file_on_disk(tmp_path: Path, migfix: Migfix) -> None:
    """The lines that one rewrite adds don't shift the findings of the next."""
    folder, _ = site(tmp_path)
    text = (folder / FILE).read_text()
    step = "        migrations.RunPython(lambda apps, editor: None),\n"
    head, operations, rest = text.partition("operations = [\n")
    (folder / FILE).write_text(head + operations + rest.replace("    ]\n", f"{step}    ]\n") if rest else text)
    lines = (folder / FILE).read_text().splitlines()
    found = json.loads(migfix("check", "blog", "--output-format", "json", cwd=folder).stdout)["findings"]
    told = {each["code"]: lines[each["line"] - 1].strip() for each in found}
    assert told == {"MIG101": "migrations.AddField(", "MIG301": step.strip()}


@pytest.mark.parametrize("name", [each for each in cases() if not each.startswith("follow_other_leaf")])
def test_sarif_fixes_match_what_apply_writes(tmp_path: Path, forked: Migfix, name: str) -> None:
    folder, arguments = site(tmp_path, name)
    document = json.loads(forked("check", *arguments, "--output-format", "sarif", cwd=folder).stdout)
    made = {path: each.decode() for path, each in contents(folder).items()}
    fixes = [fix for result in document["runs"][0]["results"] for fix in result.get("fixes", [])]
    for fix in {json.dumps(each): each for each in fixes}.values():
        for change in fix["artifactChanges"]:
            path = change["artifactLocation"]["uri"]
            made[path] = replaced(made.get(path, ""), change["replacements"])
    forked("apply", *arguments, cwd=folder)
    assert made == {path: each.decode() for path, each in contents(folder).items()}


def replaced(text: str, replacements: list[dict[str, Any]]) -> str:
    for each in reversed(replacements):
        start = each["deletedRegion"]["charOffset"]
        end = start + each["deletedRegion"]["charLength"]
        text = text[:start] + each["insertedContent"]["text"] + text[end:]
    return text


ISSUE = """
const core = require('@actions/core');
const issue = JSON.parse(require('fs').readFileSync(0));
for (const each of issue) core[each.level](each.message, {title: each.title, file: each.file, startLine: each.line});
"""


def test_documents_are_accepted_by_their_tools(tmp_path: Path, migfix: Migfix) -> None:
    """Microsoft's SARIF validator reports no errors, and GitHub's own library writes the same annotations."""
    npm = shutil.which("npm")
    if npm is None and not os.environ.get("CI"):
        pytest.skip("npm isn't installed: SARIF and GitHub annotations were not tried with the tools that read them")
    assert npm, "CI needs npm"
    tools = tmp_path / "tools"
    tools.mkdir()
    install = [npm, "install", "--silent", "--no-audit", "--no-fund", "@microsoft/sarif-multitool@5", "@actions/core@1"]
    subprocess.run(install, cwd=tools, check=True, capture_output=True)
    for number, name in enumerate(cases()):
        folder, arguments = site(tmp_path / str(number), name)
        sarif = migfix("check", *arguments, "--output-format", "sarif", cwd=folder).stdout
        (tools / f"{number}.sarif").write_text(sarif)
        annotations = migfix("check", *arguments, "--output-format", "github", cwd=folder).stdout
        run = json.loads(sarif)["runs"][0]
        names = {rule["id"]: rule for rule in run["tool"]["driver"]["rules"]}
        wanted = [
            {
                "level": each["level"],
                "message": each["message"]["text"],
                "title": f"{each['ruleId']} {_spelled(names[each['ruleId']]['name'])}",
                "file": each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
                "line": each["locations"][0]["physicalLocation"]["region"]["startLine"],
            }
            for each in run["results"]
        ]
        node = subprocess.run(
            ["node", "-e", ISSUE], cwd=tools, input=json.dumps(wanted), check=True, capture_output=True, text=True
        )
        assert annotations == node.stdout
    command = ["node_modules/.bin/sarif-multitool", "validate", *sorted(p.name for p in tools.glob("*.sarif"))]
    validated = subprocess.run(command, cwd=tools, capture_output=True, text=True, check=False)
    lines = [line for line in validated.stdout.splitlines() if " error " in line or " warning " in line]
    assert lines == []
    assert "Analysis completed successfully." in validated.stdout


def _spelled(name: str) -> str:
    return "".join(f"-{letter.lower()}" if letter.isupper() else letter for letter in name).strip("-")
