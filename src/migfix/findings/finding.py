"""What a rule found: a rewrite, or a refusal with its reason and the next step."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migfix.source.edits import Edit
    from migfix.source.migration import Key


@dataclass(frozen=True)
class Placeholder:
    """A row that the rewritten migration will create: model label, lookup, and the values as code."""

    model: str
    key: str
    values: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        """The row as it would be created: ``blog.Category(pk=1, name="News")``."""
        return f"{self.model}({', '.join([self.key, *(f'{name}={value}' for name, value in self.values)])})"


@dataclass(frozen=True)
class Advice:
    """What to do in addition to a rewrite, in a database where the original migration was run."""

    condition: str
    step: str
    applied: Key | None = None
    """It applies where this migration is recorded as applied."""
    tables: tuple[str, ...] = ()
    """It applies where one of these tables exists although the migration isn't recorded as applied."""
    stopped_at: int = 0
    """The line of the operation that failed, if the step depends on it."""


@dataclass(frozen=True)
class Rewrite:
    """A change that a rule makes, and everything the user should know about it."""

    code: str
    path: str
    line: int
    why: str
    wrote: str
    edits: tuple[Edit, ...]
    placeholders: tuple[Placeholder, ...] = ()
    advice: tuple[Advice, ...] = ()
    used_values: tuple[str, ...] = ()
    """The fields and models whose ``--set``, ``--duplicates``, ``--renamed`` and the like it uses."""
    renames: tuple[tuple[str, str], ...] = ()
    """The old and the new path of each file that gets another number."""

    def left(self, next_step: str) -> Refusal:
        """The same finding as one that needs the user's decision."""
        return Refusal(self.code, self.path, self.line, self.why, next_step)


@dataclass(frozen=True)
class Refusal:
    """A finding that migfix can't fix: the place, the reason and the next step."""

    code: str
    path: str
    line: int
    why: str
    next_step: str

    @property
    def asked(self) -> tuple[str, ...]:
        """The options in the next step with which a person decides: ``set blog.Post.rank``."""
        return tuple(f"{each[1]} {each[2]}" for each in _ASKED.finditer(self.next_step))


_ASKED = re.compile(
    r"--(set|moved|duplicates|renamed|map|truncate) ([\w.,]+\w(?:=(?!(?:VALUE|KEY|CHOICE)\b)[A-Za-z]\w*(?:[.:,]\w+)*)?)"
)


Finding = Rewrite | Refusal
