"""The outcome of a run: the findings of the rules, unreadable files, and comments that accept nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from migfix.findings.finding import Finding, Refusal
from migfix.planning.concerned import look as look_with
from migfix.planning.look import Look
from migfix.planning.plan import Outcome, Plan
from migfix.planning.registry import all_rules
from migfix.planning.suppressions import Baseline, Suppressions, read_baseline
from migfix.planning.verdicts import comments, verdicts_of
from migfix.source.ignores import Ignore, ignores
from migfix.source.migration import Migration

UNREADABLE = "MIG001"


def suppressions_of(look: Look) -> Suppressions:
    """The suppressions for these files. Raises ConfigError for an invalid baseline."""
    place = look.config.baseline
    baseline = read_baseline(place) if look.config.has_baseline else Baseline(place)
    return Suppressions(look.config.home, look.per_file, baseline)


def findings_of(look: Look) -> Iterator[Finding]:
    """The findings that aren't suppressed in the files as they are, also in deployed ones."""
    suppressions = suppressions_of(look)
    for rule in look.rules:
        yield from suppressions.standing(rule, look_with(rule, look.readable, look.history), look.history)
    yield from _unread(look, suppressions)


def outcome_of(
    look: Look, plan: Plan, suppressions: Suppressions, all_or_nothing: bool = False, is_asked: bool = False
) -> Outcome:
    """The plan with the errors, the deployed migrations that were passed over, and comments that accept nothing.

    With ``all_or_nothing``, nothing is rewritten if something can't be fixed. ``is_asked`` means that fixes may have
    been declined.
    """
    is_needed = plan.suppressed or is_asked or all_or_nothing
    by_rule = [(rule, list(look_with(rule, look.readable, look.history))) for rule in look.rules if is_needed]
    original = [each for _, own in by_rule for each in own]
    standing = [each for rule, own in by_rule for each in suppressions.standing(rule, own, look.history)]
    found = (*_unread(look, suppressions), *plan.refusals)
    wanted = frozenset[str]() if look.config.is_picked else look.directly
    grave = {rule.code for rule in look.rules if rule.stops_django}
    passed_over = _passed_over(look, {each.path for each in found if each.code not in grave} - wanted)
    refusals = tuple(each for each in found if each.path not in passed_over or each.code in grave)
    if refusals and all_or_nothing:
        plan = Plan()
    accepted = sum(suppressions.accepts(each.path, UNREADABLE) for each in look.migrations if each.unread)
    used = plan.used_comments | {(path, comment.number) for path, comment in comments(look)}
    plan = replace(plan, refusals=refusals, suppressed=plan.suppressed + accepted, used_comments=used)
    unused = tuple(_unused(look, plan))
    looked_at = len(look.migrations)
    operations = tuple(verdicts_of(look, plan, suppressions, standing, original))
    return Outcome(
        plan,
        look.all_errors,
        passed_over,
        unused,
        looked_at=looked_at,
        left_out=look.left_out,
        operations=operations,
    )


def _unread(look: Look, suppressions: Suppressions) -> Iterator[Refusal]:
    """A finding for each file that can't be read, unless the baseline accepts it."""
    for each in look.migrations:
        if each.unread and not suppressions.accepts(each.path, UNREADABLE):
            yield _refusal(each, *each.unread)


def _refusal(migration: Migration, line: int, reason: str) -> Refusal:
    return Refusal(
        UNREADABLE,
        migration.path,
        line,
        f"{reason}, so migfix can't see what this migration does.",
        "Write operations and dependencies as plain lists, or check this file by hand.",
    )


def _passed_over(look: Look, paths: set[str]) -> dict[str, str]:
    """The deployed migrations among ``paths``, and why they count as deployed.

    A deployed migration that has been changed since isn't passed over.
    """
    return {
        each.path: why
        for each in look.migrations
        if each.path in paths and (why := look.history.why_deployed(each)) and not look.history.earlier(each)
    }


def _unused(look: Look, plan: Plan) -> Iterator[tuple[str, Ignore]]:
    """The comments that accept nothing, except those for rules that are off or may speak on another branch."""
    commented = [each for each in look.readable if each.mentions_migfix]
    off = [rule for rule in all_rules() if rule not in look.rules] if commented else []
    elsewhere = [rule for rule in look.rules if rule.may_pass_elsewhere]
    for migration in commented:
        for comment in ignores(migration):
            silent = [*off, *elsewhere] if comment.codes else off
            is_for_silent = bool(comment.lines) and any(comment.means(rule.code, rule.name) for rule in silent)
            if (migration.path, comment.number) not in plan.used_comments and not is_for_silent:
                yield migration.path, comment
