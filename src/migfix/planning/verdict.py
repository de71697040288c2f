"""What is said of an operation, as plain values."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """In the order of the closing line."""

    safe = "safe on any rows"
    rewritten = "rewritten"
    decision = "needs your decision"
    code = "runs your code"
    unjudged = "not judged"
    """A rule that would judge it is off, or its finding is suppressed."""
    unknown = "can't be judged"


@dataclass(frozen=True)
class OperationVerdict:
    """The verdict on one operation of a file."""

    path: str
    line: int
    operation: str
    """``AddField post.category``."""
    verdict: Verdict
    why: str


def counts(verdicts: Iterable[OperationVerdict]) -> dict[Verdict, int]:
    """How many operations have each verdict, without zeros."""
    every = [each.verdict for each in verdicts]
    return {verdict: every.count(verdict) for verdict in Verdict if verdict in every}
