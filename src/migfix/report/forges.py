"""A plan as annotations of GitHub Actions, and as a Code Quality report of GitLab."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from pathlib import Path

from migfix.findings.finding import Finding, Rewrite
from migfix.planning.plan import Outcome
from migfix.planning.registry import title_of
from migfix.report.text import in_doubt, shown

_WAYS_OF_DEPLOYING = ("MIG4", "MIG5")
"""Groups of rules that are off by default: their findings are warnings."""


def message_of(finding: Finding) -> str:
    """The fact and the reason, then the fix or the next step."""
    if isinstance(finding, Rewrite):
        return f"{finding.why}\nmigfix apply fixes it: {finding.wrote}"
    return f"{finding.why}\n{finding.next_step}"


def is_grave(finding: Finding) -> bool:
    """Whether the migration fails on rows, or can't go back."""
    return not finding.code.startswith(_WAYS_OF_DEPLOYING)


def render_github(outcome: Outcome, start: Path) -> str:
    """Workflow commands, one for each line, which GitHub shows next to the lines of a pull request.

    Source: GitHub's "Workflow commands for GitHub Actions"; escapes as in @actions/core, src/command.ts.
    """
    lines = []
    for each in outcome.plan.findings:
        properties = {"title": title_of(each.code), "file": _posix(each.path, start), "line": str(each.line)}
        parameters = ",".join(f"{name}={_property(value)}" for name, value in properties.items())
        lines.append(f"::{'error' if is_grave(each) else 'warning'} {parameters}::{_data(message_of(each))}\n")
    for operation in outcome.uncertain:
        where = f"file={_property(_posix(operation.path, start))},line={operation.line}"
        lines.append(f"::notice title=MIG002,{where}::{_data(in_doubt(operation))}\n")
    return "".join(lines)


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def render_gitlab(outcome: Outcome, start: Path) -> str:
    """A JSON list of issues. Source: GitLab's "Code Quality report format"."""
    seen = Counter[tuple[str, str, str]]()
    issues = []
    for each in outcome.plan.findings:
        path = _posix(each.path, start)
        issues.append(
            {
                "type": "issue",
                "check_name": title_of(each.code),
                "description": message_of(each),
                "severity": "major" if is_grave(each) else "minor",
                "fingerprint": fingerprint(each, path, seen),
                "location": {"path": path, "lines": {"begin": each.line}},
            }
        )
    for operation in outcome.uncertain:
        path, why = _posix(operation.path, start), in_doubt(operation)
        issues.append(
            {
                "type": "issue",
                "check_name": "MIG002",
                "description": why,
                "severity": "info",
                "fingerprint": _fingerprint("MIG002", path, why, seen),
                "location": {"path": path, "lines": {"begin": operation.line}},
            }
        )
    return json.dumps(issues, indent=1) + "\n"


def fingerprint(finding: Finding, path: str, seen: Counter[tuple[str, str, str]]) -> str:
    """A fingerprint that stays the same when lines move. ``seen`` counts equal findings."""
    return _fingerprint(finding.code, path, finding.why, seen)


def _fingerprint(code: str, path: str, why: str, seen: Counter[tuple[str, str, str]]) -> str:
    alike = (code, path, why)
    seen[alike] += 1
    return hashlib.sha256("\n".join([*alike, str(seen[alike])]).encode()).hexdigest()


def _posix(path: str, start: Path) -> str:
    return Path(shown(path, start)).as_posix()
