"""What is said of an operation, as plain values."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from migfix.changes.judged.operations import JudgedOperation


class Verdict(Enum):
    """In the order of the closing line."""

    safe = "safe on any rows"
    rewritten = "rewritten"
    decision = "needs your decision"
    code = "runs your code"
    unjudged = "not judged"
    """A rule that would judge it is off, or its finding is suppressed."""
    unknown = "can't be judged"


class OperationVerdict(NamedTuple):
    """The verdict on one operation of a file."""

    path: str
    line: int
    operation: str
    """``AddField post.category``."""
    verdict: Verdict
    why: str


def plain_verdict(each: JudgedOperation, rules: Collection[str]) -> OperationVerdict:
    """The verdict if nothing was found. ``rules`` are the codes of those that ran."""
    judgement, off = each.judgement, each.judgement.rules - set(rules)
    verdict, why = Verdict[judgement.kind.name], judgement.why
    if verdict is Verdict.safe and off:
        verdict, why = Verdict.unjudged, f"{', '.join(sorted(off))} {'is' if len(off) == 1 else 'are'} off"
    return OperationVerdict(each.path, each.line, each.operation, verdict, why)


def counts(verdicts: Iterable[OperationVerdict]) -> dict[Verdict, int]:
    """How many operations have each verdict, without zeros."""
    every = [each.verdict for each in verdicts]
    return {verdict: every.count(verdict) for verdict in Verdict if verdict in every}
