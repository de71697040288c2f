"""A rule is data and one function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migfix.findings import Finding
    from migfix.history import History
    from migfix.model import Migration


@dataclass(frozen=True)
class Rule:
    """A rule: what it is called, when it runs, and the function that looks for its failure."""

    code: str
    name: str
    why: str
    check: Callable[[tuple[Migration, ...], History], Iterator[Finding]]
    order: int
    """Lower runs first: structure, rows, splits, reverses, deployment."""
    follow_up: Callable[[Migration, History], Finding | None] | None = None
    """Says the repair of a deployed migration as a new one after it, where that can help."""
    is_for_deployed: bool = False
    """Whether it may change a deployed file: without effect forward, or looking itself at what is deployed."""
