"""From paths to a plan: read, understand, plan, rewrite, prove. Writing is the caller's last step.

What rewrites is loaded only if a rule finds something: LibCST takes longer to load than a clean check takes.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from migfix.planning.look import Look, look_at
from migfix.planning.outcome import outcome_of, suppressions_of
from migfix.planning.plan import Outcome, Plan
from migfix.project.config import Config
from migfix.project.config.line_length import line_length_of
from migfix.prove.project import ask_django
from migfix.source.formatting import lines_up_to

if TYPE_CHECKING:
    from migfix.planning.draft import Chooser


def run(
    paths: Iterable[Path],
    config: Config,
    all_or_nothing: bool = False,
    chooser: Chooser | None = None,
) -> Outcome:
    """Plan all rewrites of the migrations at ``paths``, looked at together. Writes nothing.

    ``chooser`` is asked about each rewrite.
    Raises MigfixError for what concerns all of them.
    """
    look = look_at(paths, config)
    if isinstance(look, Outcome):
        return look
    return planned(look, all_or_nothing, chooser)


def planned(look: Look, all_or_nothing: bool = False, chooser: Chooser | None = None) -> Outcome:
    """What ``run`` does with migrations that were looked at. Raises MigfixError."""
    plan, suppressions = Plan(), suppressions_of(look)
    if look.finds_something:
        from migfix.planning.draft import make_plan

        with lines_up_to(line_length_of(look.root)):
            plan = make_plan(look.readable, look.history, look.rules, suppressions, chooser)
    outcome = outcome_of(look, plan, suppressions, all_or_nothing, is_asked=chooser is not None)
    if look.config.settings and outcome.plan.after and not outcome.errors:
        return replace(outcome, plan=_checked_by_django(outcome.plan, look, look.config.settings))
    return outcome


def _checked_by_django(plan: Plan, look: Look, settings: str) -> Plan:
    """The plan, proven by Django itself, with the advice that holds for the database. Raises NotProven."""
    facts = ask_django(plan, look.root, settings, look.config.database)
    rewrites = (replace(each, advice=tuple(filter(facts.holds, each.advice))) for each in plan.rewrites)
    return replace(plan, rewrites=tuple(rewrites))
