"""What a rule found: a rewrite, or a refusal that explains itself."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from migfix.source.edits import Edit
    from migfix.source.migration import Key


@dataclass(frozen=True)
class Placeholder:
    """A row that the rewritten migration will make: model label, lookup, and the values written as code."""

    model: str
    key: str
    values: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        """The row as it would be made: ``blog.Category(pk=1, name="News")``."""
        return f"{self.model}({', '.join([self.key, *(f'{name}={value}' for name, value in self.values)])})"


@dataclass(frozen=True)
class Advice:
    """What to do beside a rewrite, in a database that met the plain migration."""

    condition: str
    step: str
    applied: Key | None = None
    """It holds where this migration is recorded as applied."""
    tables: tuple[str, ...] = ()
    """It holds where one of these tables is there although the migration isn't applied."""
    stopped_at: int = 0
    """The line of the operation that failed, where the step depends on that."""


@dataclass(frozen=True)
class Rewrite:
    """A change that a rule makes, and everything a person should know about it."""

    code: str
    path: str
    line: int
    why: str
    wrote: str
    edits: tuple[Edit, ...]
    placeholders: tuple[Placeholder, ...] = ()
    advice: tuple[Advice, ...] = ()
    used_values: tuple[str, ...] = ()
    """The ``--set`` names that went into it."""

    def left(self, next_step: str) -> Refusal:
        """The same finding, left to a person."""
        return Refusal(self.code, self.path, self.line, self.why, next_step)


@dataclass(frozen=True)
class Refusal:
    """The rule's business, but a person must decide: the fact, the reason, and the next step."""

    code: str
    path: str
    line: int
    why: str
    next_step: str

    @property
    def asked(self) -> tuple[str, ...]:
        """What ``--set`` or ``--moved`` would settle, as the next step names it: ``set blog.Post.rank``."""
        return tuple(f"{each[1]} {each[2]}" for each in _ASKED.finditer(self.next_step))


_ASKED = re.compile(r"--(set|moved) ([\w.]+(?:=[a-z]\w*\.\w+)?)")


Finding = Rewrite | Refusal
