"""A plan as JSON, for tools of your own. The fields are described in docs/output.md and by its schema."""

from __future__ import annotations

import json
from pathlib import Path

from migfix import __version__
from migfix.findings.finding import Finding, Rewrite
from migfix.planning.plan import Outcome
from migfix.planning.registry import all_rules
from migfix.report.diff import render_diff
from migfix.report.text import shown

VERSION = 1


def render_json(outcome: Outcome, start: Path, is_written: bool) -> str:
    """Everything that was found, as one object; paths are relative to ``start``."""
    plan = outcome.plan
    document = {
        "version": VERSION,
        "tool": {"name": "migfix", "version": __version__},
        "findings": [_finding(each, start) for each in plan.findings],
        "files": [
            {
                "path": shown(path, start),
                "is_new": plan.before[path] is None,
                "is_written": is_written,
                "diff": render_diff(plan.before, {path: plan.after[path]}, start).decode(errors="replace"),
            }
            for path in sorted(plan.after)
        ],
        "passed_over": [{"path": shown(path, start), "why": why} for path, why in outcome.passed_over.items()],
        "unused_ignores": [
            {"path": shown(path, start), "line": each.line, "text": each.text} for path, each in outcome.unused
        ],
        "uncertain": [
            {"path": shown(each.path, start), "line": each.line, "why": each.why} for each in outcome.uncertain
        ],
        "operations": [
            {
                "path": shown(each.path, start),
                "line": each.line,
                "operation": each.operation,
                "verdict": each.verdict.name,
                "why": each.why,
            }
            for each in outcome.operations
        ],
        "errors": list(outcome.errors),
    }
    return json.dumps(document, indent=1) + "\n"


def _finding(finding: Finding, start: Path) -> dict[str, object]:
    names = {rule.code: rule.name for rule in all_rules()}
    found: dict[str, object] = {
        "code": finding.code,
        "rule": names.get(finding.code),
        "path": shown(finding.path, start),
        "line": finding.line,
        "why": finding.why,
        "is_refused": not isinstance(finding, Rewrite),
    }
    if not isinstance(finding, Rewrite):
        return {**found, "next_step": finding.next_step}
    return {
        **found,
        "fix": finding.wrote,
        "files": [shown(path, start) for path in dict.fromkeys(edit.path for edit in finding.edits)],
        "rows": [{"model": row.model, "key": row.key, "values": dict(row.values)} for row in finding.placeholders],
        "advice": [{"condition": each.condition, "step": each.step} for each in finding.advice],
    }
