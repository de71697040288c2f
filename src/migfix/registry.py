"""All rules, found by walking their package; a rule that can't be imported stops everything."""

from __future__ import annotations

import pkgutil
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from migfix import rules
from migfix.errors import ConfigError

if TYPE_CHECKING:
    from migfix.rule import Rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, in the order of its code."""
    names = [each.name for each in pkgutil.iter_modules(rules.__path__)]
    found: list[Rule] = [import_module(f"migfix.rules.{name}").RULE for name in names]
    return tuple(sorted(found, key=lambda rule: rule.code))


def selected(select: Iterable[str], ignore: Iterable[str]) -> tuple[Rule, ...]:
    """The rules that are on, in the order they run; the longer of two matching prefixes wins.

    Raises ConfigError for a selector that no rule and no group of rules answers to.
    """
    select, ignore = tuple(map(_selector, select)), tuple(map(_selector, ignore))
    ignore = tuple("MIG?" if each == "ALL" else each for each in ignore)  # as strong as a group
    chosen = [rule for rule in all_rules() if _strength(rule, select) > _strength(rule, ignore)]
    return tuple(sorted(chosen, key=lambda rule: (rule.order, rule.code)))


def find_rule(text: str) -> Rule:
    """The rule with this code or name. Raises ConfigError."""
    for rule in all_rules():
        if text.upper() == rule.code or text.lower() == rule.name:
            return rule
    raise ConfigError(f"There is no rule {text}.", "`migfix rules` lists them.")


def _strength(rule: Rule, selectors: Iterable[str]) -> int:
    """The length of the longest selector that matches, -1 if none does; ALL counts as the shortest."""
    matching = [each for each in selectors if each in ("ALL", "MIG?") or rule.code.startswith(each)]
    return max((0 if each == "ALL" else len(each) for each in matching), default=-1)


GROUPS = ("MIG", "MIG1", "MIG2", "MIG3", "MIG4", "MIG5", "MIG6")


def _selector(text: str) -> str:
    text = text.strip()
    for rule in all_rules():
        if text.lower() == rule.name:
            return rule.code
    text = text.upper()
    if text == "ALL" or text in GROUPS or any(rule.code.startswith(text) and text for rule in all_rules()):
        return text
    raise ConfigError(f"No rule answers to `{text}`.", "Select codes like MIG101, groups like MIG1, or ALL.")
