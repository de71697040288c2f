"""A rule: its name, when it runs, and which migrations it applies to."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


class Rule(NamedTuple):
    """The description of a rule. Its check is in ``check.py`` next to it, which is loaded only when it is needed."""

    code: str
    name: str
    why: str
    order: int
    """Lower runs first: structure, rows, splits, reverses, deployment."""
    concerns: Callable[[Migration, History], bool]
    """Whether the rule may apply to a migration. This is a cheap test that is false for most files."""
    needs_all: bool = False
    """Whether all migrations are checked together as soon as the rule applies to one of them."""
    resolves: Mapping[str, tuple[str, ...]] = {}
    """Another linter -> its codes that it no longer reports after a rewrite."""
    has_follow_up: bool = False
    """Whether it can fix a deployed migration with a new migration after it."""
    is_for_deployed: bool = False
    """Whether it may change a deployed file, because it changes nothing forward or checks itself what is deployed."""
    stops_django: bool = False
    """Whether no command of Django works while it finds something, so that deployed files aren't passed over."""
    may_pass_elsewhere: bool = False
    """Whether git or a database decides, so that it may find nothing in the same file on another branch."""

    @property
    def stem(self) -> str:
        """The name of its folder, its page and its fixtures."""
        return self.name.replace("-", "_")
