"""What migfix knows of an operation on rows that are there."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum
from typing import NamedTuple


class Kind(Enum):
    """Whether an operation is safe on any rows, if no rule finds anything."""

    safe = "safe"
    code = "runs code"
    """It runs code of the project, which is in the file."""
    unknown = "can't be judged"


class Judgement(NamedTuple):
    """A verdict with its reason, and the codes of the rules that would find something if it were otherwise."""

    kind: Kind
    why: str
    rules: frozenset[str] = frozenset()


def safe(why: str, *rules: str) -> Judgement:
    return Judgement(Kind.safe, why, frozenset(rules))


def unknown(why: str) -> Judgement:
    return Judgement(Kind.unknown, why)


def combined(judgements: Iterable[Judgement]) -> Judgement:
    """The verdict of several changes together: the worst one, with the reasons for it."""
    every = list(dict.fromkeys(judgements))
    worst = max((each.kind for each in every), key=list(Kind).index, default=Kind.safe)
    reasons = [each.why for each in every if each.kind is worst]
    rules = frozenset().union(*(each.rules for each in every))
    return Judgement(worst, "; ".join(reasons), rules)
