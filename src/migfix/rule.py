"""A rule is data and one function."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from migfix.findings import Finding
    from migfix.history import History
    from migfix.model import Migration


class Rule(NamedTuple):
    """A rule: what it is called, when it runs, and the function that looks for its failure."""

    code: str
    name: str
    why: str
    check: Callable[[tuple[Migration, ...], History], Iterator[Finding]]
    order: int
    """Lower runs first: structure, rows, splits, reverses, deployment."""
    resolves: Mapping[str, tuple[str, ...]] = {}
    """Another linter -> its codes that are no longer reported after a rewrite."""
    follow_up: Callable[[Migration, History], Finding | None] | None = None
    """Says the repair of a deployed migration as a new one after it, where that can help."""
    is_for_deployed: bool = False
    """Whether it may change a deployed file: it changes nothing forward, or looks itself at what is deployed."""

    def look(self, migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
        """What it finds: in new files, and in each deployed one as if that were new, unless the rule looks itself."""
        deployed = [] if self.is_for_deployed else [each for each in migrations if history.why_deployed(each)]
        yield from self.check(tuple(each for each in migrations if each not in deployed), history)
        for each in deployed:
            yield from self.check((each,), history.as_if_new(each))
