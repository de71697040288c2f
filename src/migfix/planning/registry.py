"""All rules, found by walking their package. A rule that can't be imported is an error."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from migfix import rules
from migfix.errors import ConfigError

if TYPE_CHECKING:
    from migfix.findings.rule import Rule


@cache
def all_rules() -> tuple[Rule, ...]:
    """Every rule, sorted by code."""
    # pkgutil.iter_modules() would list each of these folders, too
    names = [each.name for each in os.scandir(rules.__path__[0]) if each.is_dir() and not each.name.startswith("_")]
    found: list[Rule] = [import_module(f"migfix.rules.{name}").RULE for name in names]
    return tuple(sorted(found, key=lambda rule: rule.code))


def selected(select: Iterable[str], ignore: Iterable[str]) -> tuple[Rule, ...]:
    """The rules that are on, in the order they run. The longer of two matching prefixes wins.

    Raises ConfigError for a selector that matches no rule and no group.
    """
    select, ignore = selectors(select), selectors(ignore)
    # select ALL loses to any ignored selector, ignore ALL only to a selected rule code
    chosen = [rule for rule in all_rules() if _strength(rule, select, 0) > _strength(rule, ignore, len("MIG1"))]
    return tuple(sorted(chosen, key=lambda rule: (rule.order, rule.code)))


def selectors(texts: Iterable[str]) -> tuple[str, ...]:
    """Codes, prefixes of codes or ALL, from codes, groups and names. Raises ConfigError."""
    return tuple(map(_selector, texts))


def title_of(code: str) -> str:
    """A code with the name of its rule; only the code for MIG001, which isn't a rule."""
    return " ".join([code, *(rule.name for rule in all_rules() if rule.code == code)])


def find_rule(text: str) -> Rule:
    """The rule with this code or name. Raises ConfigError."""
    for rule in all_rules():
        if text.upper() == rule.code or text.lower() == rule.name:
            return rule
    raise ConfigError(f"Unknown rule `{text}`.", "`migfix rules` lists them.")


def _strength(rule: Rule, selectors: Iterable[str], of_all: int) -> int:
    """The length of the longest selector that matches, -1 if none does; ALL counts as ``of_all``."""
    lengths = [
        of_all if each == "ALL" else len(each) for each in selectors if each == "ALL" or rule.code.startswith(each)
    ]
    return max(lengths, default=-1)


GROUPS = ("MIG", "MIG1", "MIG2", "MIG3", "MIG4", "MIG5", "MIG6")


def _selector(text: str) -> str:
    text = text.strip()
    for rule in all_rules():
        if text.lower() == rule.name:
            return rule.code
    text = text.upper()
    if text in ("ALL", "MIG002", "MIG003", *GROUPS) or any(rule.code.startswith(text) and text for rule in all_rules()):
        return text
    raise ConfigError(f"Unknown rule `{text}`.", "Use codes like MIG101, groups like MIG1, or ALL.")
