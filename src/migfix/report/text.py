"""A plan as text for a person: fact, reason, next step, link."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from migfix.planning.registry import title_of
from migfix.report.visible import in_one_line

if TYPE_CHECKING:
    from migfix.findings.finding import Finding, Refusal, Rewrite
    from migfix.planning.plan import Outcome, Plan
    from migfix.source.ignores import Ignore


def render_plan(plan: Plan, start: Path, database: str | None = None) -> str:
    """Every rewrite, every refusal, and what to do beside them: anywhere, or in the ``database`` that was looked at.

    Paths are relative to ``start``.
    """
    lines: list[str] = []
    for rewrite in plan.rewrites:
        lines += _rewrite(rewrite, start)
    for refusal in plan.refusals:
        lines += _refusal(refusal, start)
    lines += [f"{where(database)} {each.condition}, {each.step}" for each in plan.advice]
    return "".join(f"{line}\n" for line in lines)


def _rewrite(rewrite: Rewrite, start: Path) -> Iterator[str]:
    yield f"{_head(rewrite, start)}: {rewrite.why}"
    yield f"  fix: {rewrite.wrote}"
    for row in rewrite.placeholders:
        yield f"  row: {row}"
    others = [edit.path for edit in rewrite.edits if edit.path != rewrite.path]
    for path in dict.fromkeys(others):
        yield f"  also: {in_one_line(shown(path, start))}"


def _refusal(refusal: Refusal, start: Path) -> Iterator[str]:
    yield f"{_head(refusal, start)}: can't fix: {refusal.why}"
    yield f"  next: {refusal.next_step}"
    if title_of(refusal.code) != refusal.code:
        yield f"  see:  migfix explain {refusal.code}"


def _head(finding: Finding, start: Path) -> str:
    return f"{in_one_line(shown(finding.path, start))}:{finding.line}: {title_of(finding.code)}"


def where(database: str | None) -> str:
    """How advice begins: it holds anywhere that its condition does, or in the ``database`` that was looked at."""
    return f"In database {database}" if database else "Where"


def shown(path: str, start: Path) -> str:
    """A path as a person there would type it."""
    relative = os.path.relpath(path, start)
    return path if relative.startswith("..") else relative


def notes(outcome: Outcome, start: Path) -> list[str]:
    """The lines beside the findings: deployed migrations that were left, and comments that accept nothing."""
    passed_over = [_passed_over(outcome.passed_over)] if outcome.passed_over else []
    left_out = [f"note: {in_one_line(shown(each, start))} can't be listed and is skipped." for each in outcome.left_out]
    return [*left_out, *passed_over, *(_unused(path, each, start) for path, each in outcome.unused)]


def _passed_over(reasons: Mapping[str, str]) -> str:
    """The one line about deployed migrations that a folder brought along; ``reasons`` says of each why it is one."""
    count, why = len(reasons), next(iter(reasons.values()))
    is_one = count == 1
    told = f"{count} deployed migration{'' if is_one else 's'} left as {'it is' if is_one else 'they are'}"
    like = f"it {why}" if is_one else f"one {why}" if len(set(reasons.values())) > 1 else f"each {why}"
    return f"{told}, because {like}; pass {'its path' if is_one else 'a path'} to see your options."


def _unused(path: str, comment: Ignore, start: Path) -> str:
    place = f"{in_one_line(shown(path, start))}:{comment.line}"
    return f"{place}: `{comment.text}` is an unused ignore comment; remove it."


def closing(outcome: Outcome, is_written: bool) -> str:
    """What a run comes to; "" if only errors can be said."""
    if outcome.is_clean:
        return "nothing to do"
    said = summary(outcome.plan, "rewritten" if is_written else "would be rewritten")
    written = "nothing was written" if outcome.errors and outcome.plan.after else ""
    return ", ".join(filter(None, [said, written]))


def summary(plan: Plan, verb: str) -> str:
    """One closing line."""
    files = f"{len(plan.after)} file{'s' if len(plan.after) != 1 else ''}"
    parts = [f"{files} {verb}"] if plan.after else []
    if plan.refusals:
        count = len(plan.refusals)
        parts.append("1 finding needs your decision" if count == 1 else f"{count} findings need your decision")
    return ", ".join(parts)
