"""A plan as text: fact, reason, next step, link."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from migfix.findings.words import counted
from migfix.planning.registry import title_of
from migfix.planning.verdict import Verdict, counts
from migfix.report.control_characters import in_one_line

if TYPE_CHECKING:
    from migfix.findings.finding import Finding, Refusal, Rewrite
    from migfix.planning.plan import Outcome, Plan
    from migfix.planning.verdict import OperationVerdict
    from migfix.source.ignores import Ignore


def render_plan(plan: Plan, start: Path, database: str | None = None) -> str:
    """The findings in the order of files and lines, an empty line between two, and then the advice.

    Paths are relative to ``start``. Advice holds anywhere, or in the ``database`` that was looked at.
    """
    found = [(each.path, each.line, each.code, list(_rewrite(each, start))) for each in plan.rewrites]
    found += [(each.path, each.line, each.code, list(_refusal(each, start))) for each in plan.refusals]
    blocks = [lines for *_, lines in sorted(found)]
    blocks += [[f"{where(database)} {each.condition}, {each.step}" for each in plan.advice]] if plan.advice else []
    return "\n".join("".join(f"{line}\n" for line in lines) for lines in blocks)


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
    """How advice begins. It applies wherever its condition is true, or in the ``database`` that was read."""
    return f"In database {database}" if database else "Where"


def shown(path: str, start: Path) -> str:
    """A path as it would be typed in ``start``."""
    relative = os.path.relpath(path, start)
    return path if relative.startswith("..") else relative


def notes(outcome: Outcome, start: Path) -> list[str]:
    """Lines in addition to the findings: deployed migrations that were skipped, and unused comments."""
    passed_over = [_passed_over(outcome.passed_over)] if outcome.passed_over else []
    left_out = [f"note: {in_one_line(shown(each, start))} can't be listed and is skipped." for each in outcome.left_out]
    comments = (_unused_comment(path, each, start) for path, each in outcome.unused)
    return [*left_out, *passed_over, *comments, *uncertain_lines(outcome, start)]


def unused(said: Iterable[tuple[str, str]], outcome: Outcome) -> list[str]:
    """A line for each field or model that an option names in vain. ``said`` has the options with these names."""
    used = {_bare(name) for rewrite in outcome.plan.rewrites for name in rewrite.used_values}
    return [f"{option} {name}: no fix used it." for option, name in said if _bare(name) not in used]


def _bare(name: str) -> str:
    return name.replace(" ", "").lower()


def uncertain_lines(outcome: Outcome, start: Path) -> list[str]:
    """A line for each operation of which migfix can't tell whether it is safe."""
    return [_uncertain(each, start) for each in outcome.uncertain]


def _uncertain(each: OperationVerdict, start: Path) -> str:
    place = f"{in_one_line(shown(each.path, start))}:{each.line}"
    return f"{place}: MIG002: {in_doubt(each)}"


def in_doubt(each: OperationVerdict) -> str:
    """What migfix can't tell, and why."""
    return f"migfix can't tell whether this is safe on existing rows: {each.why}."


def _passed_over(reasons: Mapping[str, str]) -> str:
    """One line about the deployed migrations in a folder. ``reasons`` has the reason for each."""
    count, why = len(reasons), next(iter(reasons.values()))
    is_one = count == 1
    skipped = f"{counted(count, 'deployed migration')} skipped"
    like = f"it {why}" if is_one else f"one {why}" if len(set(reasons.values())) > 1 else f"each {why}"
    return f"{skipped}: {like}. Pass {'its path' if is_one else 'a path'} to see what you can do."


def _unused_comment(path: str, comment: Ignore, start: Path) -> str:
    place = f"{in_one_line(shown(path, start))}:{comment.line}"
    return f"{place}: `{comment.text}` is an unused ignore comment; remove it."


def closing(outcome: Outcome, is_written: bool) -> str:
    """The closing line of a run, "" if there are only errors."""
    if outcome.fails_as_it_is:
        return "no rule finds anything, but the migration fails on a scratch database"
    if outcome.is_clean:
        return f"nothing to do{_looked_at(outcome)}"
    closing_line = summary(outcome.plan, "rewritten" if is_written else "would be rewritten")
    written = "nothing was written" if outcome.errors and outcome.plan.after else ""
    return ", ".join(filter(None, [closing_line, written]))


def operations(outcome: Outcome, is_written: bool) -> list[str]:
    """``5 operations: 4 safe on any rows, 1 rewritten``. No line if no operation was judged."""
    if not outcome.operations:
        return []
    found = counts(outcome.operations)
    words = {verdict: verdict.value for verdict in found}
    if Verdict.rewritten in found and not is_written:
        words[Verdict.rewritten] = "would be rewritten"
    parts = [f"{number} {_for_many(words[verdict], number)}" for verdict, number in found.items()]
    return [f"{counted(len(outcome.operations), 'operation')}: {', '.join(parts)}"]


def _for_many(words: str, number: int) -> str:
    """``1 needs your decision``, ``2 need your decision``."""
    return words if number == 1 else words.replace("needs", "need").replace("runs", "run")


def verdict_lines(outcome: Outcome, start: Path) -> list[str]:
    """One line for each operation: its place, name, verdict and reason."""
    return [
        f"{in_one_line(shown(each.path, start))}:{each.line}: "
        f"{in_one_line(each.operation)}: {each.verdict.value} ({in_one_line(each.why)})"
        for each in outcome.operations
    ]


def _looked_at(outcome: Outcome) -> str:
    """How many migrations were checked, and how many findings are suppressed."""
    checked = f": {counted(outcome.looked_at, 'migration')} checked" if outcome.looked_at else ""
    return checked + (f", {counted(outcome.plan.suppressed, 'finding')} suppressed" if outcome.plan.suppressed else "")


def summary(plan: Plan, verb: str) -> str:
    """One closing line."""
    parts = [f"{counted(len(plan.contents), 'file')} {verb}"] if plan.after else []
    if plan.refusals:
        count = len(plan.refusals)
        parts.append("1 finding needs your decision" if count == 1 else f"{count} findings need your decision")
    return ", ".join(parts)
