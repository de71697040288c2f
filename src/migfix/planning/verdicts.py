"""The verdict on each operation: what migfix knows of it, and what the rules found."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from importlib import import_module
from typing import TYPE_CHECKING

from migfix.findings.finding import Finding, Rewrite
from migfix.planning.registry import selectors
from migfix.planning.verdict import OperationVerdict, Verdict, plain_verdict
from migfix.project.facts import ENGINES
from migfix.source.ignores import Ignore, ignores

if TYPE_CHECKING:
    from migfix.changes.judged.operations import JudgedOperation
    from migfix.planning.look import Look
    from migfix.planning.plan import Plan
    from migfix.planning.suppressions import Suppressions

UNCERTAIN = "MIG002"


def verdicts_of(
    look: Look, plan: Plan, suppressions: Suppressions, standing: Collection[Finding], found: Collection[Finding]
) -> Iterator[OperationVerdict]:
    """The verdict on every operation of the new migrations.

    ``found`` are the findings in the files as they are, ``standing`` those that nobody suppressed.
    """
    rules, silenced = {rule.code for rule in look.rules}, _silenced(look, suppressions)
    uncertain = dict(_uncertain(plan))
    for each in look.operations:
        on_it = [finding for finding in (*plan.findings, *standing) if _is_on(finding, each)]
        is_silenced = (each.path, each.line) in silenced
        is_suppressed = any(_is_on(finding, each) for finding in found)
        verdict, why = _verdict(each, on_it, plan, rules, is_suppressed, is_silenced, uncertain)
        yield OperationVerdict(each.path, each.line, each.operation, verdict, why)


def _is_on(finding: Finding, each: JudgedOperation) -> bool:
    is_in = each.line <= finding.line <= each.last_line or finding.line in each.function
    return finding.path == each.path and is_in


def _verdict(
    each: JudgedOperation,
    on_it: list[Finding],
    plan: Plan,
    rules: set[str],
    is_suppressed: bool,
    is_silenced: bool,
    uncertain: Mapping[str, str],
) -> tuple[Verdict, str]:
    codes = ", ".join(dict.fromkeys(finding.code for finding in on_it))
    if any(not _is_made(finding, plan) for finding in on_it):
        return Verdict.decision, codes
    if on_it:
        left = uncertain.get(each.operation)
        return (Verdict.unknown, f"{left}; the rest is rewritten ({codes})") if left else (Verdict.rewritten, codes)
    if _is_gone(each, plan):
        return Verdict.rewritten, ", ".join({made.code: None for made in plan.rewrites if made.path == each.path})
    if is_suppressed:
        return Verdict.unjudged, "its finding is suppressed"
    plain = plain_verdict(each, rules)
    if plain.verdict is Verdict.unknown and is_silenced:
        return Verdict.unjudged, f"{UNCERTAIN} is suppressed"
    return plain.verdict, plain.why


def _uncertain(plan: Plan) -> Iterator[tuple[str, str]]:
    """The operations of changed files that can't be judged as the plan leaves them, and why."""
    if plan.history is None or not plan.after:
        return
    judged = import_module("migfix.changes.judged.operations").judged_operations
    engines = plan.history.facts.engines or ENGINES
    for migration in filter(None, map(plan.history.at, plan.after)):
        for each in judged(migration, plan.history, engines):
            if each.judgement.kind.name == "unknown":
                yield each.operation, each.judgement.why


def _is_gone(each: JudgedOperation, plan: Plan) -> bool:
    """Whether a fix has removed an operation or written it otherwise."""
    before, after = plan.before.get(each.path), plan.after.get(each.path)
    if before is None or after is None:
        return False
    lines = before.splitlines()[each.line - 1 : each.last_line]
    return b"\n".join(line.strip() for line in lines) not in b"\n".join(line.strip() for line in after.splitlines())


def _is_made(finding: Finding, plan: Plan) -> bool:
    """Whether a finding is a fix of the plan, and not one that was declined."""
    made = {(each.code, each.path, each.why) for each in plan.rewrites}
    return isinstance(finding, Rewrite) and (finding.code, finding.path, finding.why) in made


def _silenced(look: Look, suppressions: Suppressions) -> set[tuple[str, int]]:
    """Path and line of each operation whose MIG002 a comment, the baseline or the configuration accepts."""
    is_off = any(UNCERTAIN.startswith(code) for code in selectors(look.config.ignore))
    commented = {(path, line) for path, comment in comments(look) for line in comment.lines}
    return {
        (each.path, each.line)
        for each in look.operations
        if is_off
        or (each.path, each.line) in commented
        or suppressions.ignores(each.path, UNCERTAIN)
        or suppressions.accepts(each.path, UNCERTAIN)
    }


def comments(look: Look) -> Iterator[tuple[str, Ignore]]:
    """The comments that accept MIG002 of an operation, with their paths."""
    unknown = {(each.path, each.line) for each in look.operations if each.judgement.kind.name == "unknown"}
    for migration in look.readable:
        for comment in ignores(migration):
            if comment.means(UNCERTAIN, "") and any((migration.path, line) in unknown for line in comment.lines):
                yield migration.path, comment
