"""A rule: what it is called, when it runs, and which migrations concern it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


class Rule(NamedTuple):
    """The description of a rule; what it finds is in ``check.py`` beside it, which is loaded when it is concerned."""

    code: str
    name: str
    why: str
    order: int
    """Lower runs first: structure, rows, splits, reverses, deployment."""
    concerns: Callable[[Migration, History], bool]
    """Whether a migration can be its business: a cheap question, which most files answer with no."""
    needs_all: bool = False
    """Whether one migration that concerns it is enough for all of them to be looked at, as they belong together."""
    resolves: Mapping[str, tuple[str, ...]] = {}
    """Another linter -> its codes that are no longer reported after a rewrite."""
    has_follow_up: bool = False
    """Whether it can repair a deployed migration in a new one after it."""
    is_for_deployed: bool = False
    """Whether it may change a deployed file: it changes nothing forward, or looks itself at what is deployed."""

    @property
    def stem(self) -> str:
        """The name of its folder, of its page and of its fixtures."""
        return self.name.replace("-", "_")
