"""What shall change in which file, why, and what a person must decide."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migfix.findings import Refusal, Rewrite


@dataclass(frozen=True)
class Plan:
    """New content by path, beside what stood there (None for a new file), and the reasons."""

    before: Mapping[str, bytes | None] = field(default_factory=dict)
    after: Mapping[str, bytes] = field(default_factory=dict)
    rewrites: tuple[Rewrite, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    heeded: frozenset[tuple[str, int]] = frozenset()
    """Path and number of each comment that said to leave something which a rule found."""

    @property
    def parts(self) -> tuple[Plan, ...]:
        """The plan in parts that share no file; each can be written without the others."""
        groups: list[tuple[set[str], list[Rewrite]]] = []
        for rewrite in self.rewrites:
            paths, rewrites = {edit.path for edit in rewrite.edits}, [rewrite]
            for other in [each for each in groups if each[0] & paths]:
                groups.remove(other)
                paths, rewrites = paths | other[0], [*other[1], *rewrites]
            groups.append((paths, rewrites))
        return tuple(self.only(rewrites) for _, rewrites in groups)

    def only(self, rewrites: Iterable[Rewrite]) -> Plan:
        """What these of its rewrites change, in the plan's order."""
        wanted = list(rewrites)
        kept = tuple(each for each in self.rewrites if each in wanted)
        paths = {edit.path for each in kept for edit in each.edits}
        return Plan(
            {path: each for path, each in self.before.items() if path in paths},
            {path: each for path, each in self.after.items() if path in paths},
            kept,
        )

    @property
    def migrations(self) -> tuple[str, ...]:
        """The paths that change and are migrations; the others are companions of theirs."""
        return tuple(path for path in self.after if path.endswith(".py"))
