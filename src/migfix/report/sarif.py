"""A plan as SARIF 2.1.0, with the edits as fixes. Source: the OASIS standard, sections 3.27 (result) and 3.55 (fix)."""

from __future__ import annotations

import difflib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

from migfix import __version__
from migfix.findings.finding import Finding, Rewrite
from migfix.planning.plan import Outcome, Plan
from migfix.planning.registry import all_rules
from migfix.planning.verdict import OperationVerdict
from migfix.report.forges import fingerprint, is_grave, message_of
from migfix.report.rule_pages import read_page
from migfix.report.text import in_doubt, shown, verdict_lines

ROOT = "%SRCROOT%"
_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render_sarif(outcome: Outcome, start: Path) -> str:
    """One run. Paths are relative to ``start``, which is ``%SRCROOT%``."""
    seen = Counter[tuple[str, str, str]]()
    fixes = {id(each): _fix(part, start) for part in outcome.plan.parts for each in part.rewrites}
    results = [_result(each, start, seen, fixes) for each in outcome.plan.findings]
    results += [_uncertain(each, start) for each in outcome.uncertain]
    found = {str(each["ruleId"]) for each in results}
    driver = {
        "name": "migfix",
        "version": __version__,
        "semanticVersion": __version__,
        "informationUri": "https://pypi.org/project/migfix/",
        "rules": _rules(found),
    }
    notes = [{"level": "error", "message": {"text": each}} for each in outcome.errors]
    run = {
        "tool": {"driver": driver},
        "originalUriBaseIds": {
            ROOT: {"description": {"text": "The root of the repository, or the folder that migfix ran in."}}
        },
        "invocations": [{"executionSuccessful": not notes, "toolExecutionNotifications": notes}],
        "columnKind": "unicodeCodePoints",
        "results": results,
        "properties": {"migfix/operations": verdict_lines(outcome, start)},
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=1) + "\n"


_UNREADABLE: dict[str, object] = {
    "id": "MIG001",
    "name": "UnreadableMigration",
    "shortDescription": {"text": "migfix can't read this migration."},
}

_UNCERTAIN: dict[str, object] = {
    "id": "MIG002",
    "name": "UncertainOperation",
    "shortDescription": {"text": "migfix can't tell whether this operation is safe on existing rows."},
}

_DRIFTING: dict[str, object] = {
    "id": "MIG003",
    "name": "DriftingDatabase",
    "shortDescription": {"text": "A database isn't as its applied migrations say."},
}


def _rules(found: set[str]) -> list[dict[str, object]]:
    rules: list[dict[str, object]] = [
        {
            "id": rule.code,
            "name": "".join(word.capitalize() for word in rule.name.split("-")),
            "shortDescription": {"text": rule.why},
            "help": {"text": f"migfix explain {rule.code}", "markdown": read_page(rule.name)},
        }
        for rule in all_rules()
        if rule.code in found
    ]
    return [*rules, *(each for each in (_UNREADABLE, _UNCERTAIN, _DRIFTING) if each["id"] in found)]


def _uncertain(each: OperationVerdict, start: Path) -> dict[str, object]:
    place = {"artifactLocation": _location(each.path, start), "region": {"startLine": each.line}}
    return {
        "ruleId": "MIG002",
        "level": "note",
        "message": {"text": in_doubt(each)},
        "locations": [{"physicalLocation": place}],
    }


def _result(
    finding: Finding, start: Path, seen: Counter[tuple[str, str, str]], fixes: dict[int, dict[str, object]]
) -> dict[str, object]:
    place = {"artifactLocation": _location(finding.path, start), "region": {"startLine": finding.line}}
    result: dict[str, object] = {
        "ruleId": finding.code,
        "level": "error" if is_grave(finding) else "warning",
        "message": {"text": message_of(finding)},
        "locations": [{"physicalLocation": place}],
        "partialFingerprints": {"migfix/v1": fingerprint(finding, shown(finding.path, start), seen)},
    }
    if isinstance(finding, Rewrite):
        result["fixes"] = [fixes[id(finding)]]
    return result


def _fix(part: Plan, start: Path) -> dict[str, object]:
    """What fixes that share files change together. One of them can't be applied without the others."""
    changes = []
    for path, content in sorted(part.contents.items()):
        old = (part.before[path] or b"").decode(errors="replace")
        new = content.decode(errors="replace")
        changes.append({"artifactLocation": _location(path, start), "replacements": list(_replacements(old, new))})
    what = "; ".join(dict.fromkeys(each.wrote for each in part.rewrites))
    return {"description": {"text": what}, "artifactChanges": changes}


def _replacements(old: str, new: str) -> Iterator[dict[str, object]]:
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for tag, first, last, start, end in matcher.get_opcodes():
        if tag != "equal":
            offset = sum(map(len, before[:first]))
            region: dict[str, int] = {"charOffset": offset, "charLength": sum(map(len, before[first:last]))}
            yield {"deletedRegion": region, "insertedContent": {"text": "".join(after[start:end])}}


def _location(path: str, start: Path) -> dict[str, str]:
    relative = Path(shown(path, start))
    if relative.is_absolute():
        return {"uri": relative.as_uri()}
    return {"uri": quote(relative.as_posix()), "uriBaseId": ROOT}
