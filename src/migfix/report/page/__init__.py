"""A page for the review: why, before and after side by side, the SQL, the proof. One file, no script, no network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from django.template import Context, Engine
from django.utils.safestring import mark_safe

from migfix import __version__
from migfix.findings.finding import Advice, Finding, Rewrite
from migfix.planning.plan import Outcome, Plan
from migfix.planning.registry import title_of
from migfix.report.page.proof import proof_of
from migfix.report.page.sides import Side, rows
from migfix.report.text import closing, notes, shown, where

HERE = Path(__file__).parent
MARK = "<!-- written by migfix -->"
"""The second line of every page. Only files that begin like this are overwritten."""

_TURNING = (0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A))
_VISIBLE = {number: f"[U+{number:04X}]" for number in _TURNING}
"""Characters that make code look different from what it does (CVE-2021-42574, "Trojan Source")."""


def render_page(outcome: Outcome, start: Path, is_written: bool, database: str | None = None) -> str:
    """The page as HTML. Paths are relative to ``start``.

    ``database`` is the one that was read. Source for the engine without a project: Django's "The Django template
    language: for Python programmers".
    """
    plan = outcome.plan
    found = sorted(plan.findings, key=lambda each: (each.path, each.line, each.code))
    context = {
        "mark": mark_safe(MARK),
        "style": mark_safe((HERE / "page.css").read_text()),
        "version": __version__,
        "headline": closing(outcome, is_written) or "could not run",
        "is_untried": plan.rewrites and not (outcome.proofs or outcome.errors or is_written),
        "findings": [_rewrite(each, start) if isinstance(each, Rewrite) else _finding(each, start) for each in found],
        "files": list(_files(plan, start)),
        "advice": list(map(_advice, plan.advice)),
        "where": where(database),
        "errors": outcome.errors,
        "notes": notes(outcome, start),
        "proofs": [proof_of(each, start) for each in outcome.proofs],
    }
    page = Engine([str(HERE)]).get_template("page.html").render(Context(context, use_l10n=False))
    return str(page).translate(_VISIBLE)


def _rewrite(rewrite: Rewrite, start: Path) -> dict[str, object]:
    return {**_finding(rewrite, start), "wrote": rewrite.wrote, "rows": list(map(str, rewrite.placeholders))}


def _finding(finding: Finding, start: Path) -> dict[str, object]:
    code, _, name = title_of(finding.code).partition(" ")
    place = f"{shown(finding.path, start)}:{finding.line}"
    next_step = "" if isinstance(finding, Rewrite) else finding.next_step
    return {"code": code, "name": name, "place": place, "why": finding.why, "next_step": next_step}


def _advice(advice: Advice) -> dict[str, str]:
    """A step is a sentence, and may have commands in the lines below it."""
    sentence, _, commands = advice.step.partition("\n")
    return {"condition": advice.condition, "step": sentence, "commands": commands}


def _files(plan: Plan, start: Path) -> Iterator[dict[str, object]]:
    """Each file that changes, as it is on disk and as the plan leaves it."""
    for path, content in plan.after.items():
        before = plan.before[path]
        old, new = Side.of_file(path, before), Side.of_file(path, content)
        yield {"path": shown(path, start), "is_new": before is None, "sides": list(rows(old, new))}
