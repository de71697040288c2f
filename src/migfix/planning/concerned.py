"""Run a rule. Its check is loaded only if the rule applies to a migration."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

if TYPE_CHECKING:
    from migfix.findings.finding import Finding
    from migfix.findings.rule import Rule
    from migfix.history import History
    from migfix.source.migration import Migration


class Check(Protocol):
    """The ``check`` module of a rule."""

    def check(self, migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
        """What the rule finds in migrations that it applies to."""

    def follow_up(self, migration: Migration, history: History) -> Finding | None:
        """The fix for a deployed migration as a new migration after it; None if there is none."""


def check(rule: Rule, migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """What a rule finds in ``migrations``. They are treated as new."""
    concerned = tuple(each for each in migrations if rule.concerns(each, history))
    if concerned:
        yield from _loaded(rule).check(migrations if rule.needs_all else concerned, history)


def look(rule: Rule, migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """What a rule finds in new migrations and in each deployed one, which is treated as new.

    Rules with ``is_for_deployed`` check all migrations together.
    """
    deployed = [] if rule.is_for_deployed else [each for each in migrations if history.why_deployed(each)]
    yield from check(rule, tuple(each for each in migrations if each not in deployed), history)
    for each in deployed:
        yield from check(rule, (each,), history.as_if_new(each))


def follow_ups(rule: Rule, deployed: list[Migration], history: History) -> list[Finding]:
    """The fixes for deployed migrations as new migrations after them."""
    if not rule.has_follow_up:
        return []
    return [found for each in deployed if (found := _loaded(rule).follow_up(each, history))]


def _loaded(rule: Rule) -> Check:
    return cast(Check, import_module(f"migfix.rules.{rule.stem}.check"))
