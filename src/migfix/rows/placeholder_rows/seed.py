"""A row that a migration makes, and why one can't be made."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from migfix.history.model import Model


@dataclass(frozen=True)
class Guard:
    """A row that was there before the file, or not: what a row that is made points at by a key that was given."""

    label: str
    model: Model | None = field(compare=False)
    """None if it can't be read."""
    lookup: str
    key: str


class CannotSeed(Exception):
    """A row that must not be invented: why, and what a person can do."""

    def __init__(self, why: str, next_step: str) -> None:
        super().__init__(why)
        self.why = why
        self.next_step = next_step


@dataclass(frozen=True)
class Seed:
    """One row to get or create: the lookup, and the columns that need a value."""

    model: Model
    lookup: str
    key: str
    values: tuple[tuple[str, str], ...]
    needs: tuple[Seed, ...] = ()
    """Rows that must be there first, outermost first."""
    resets: Model | None = None
    """The model whose sequence an explicit key leaves behind."""
    imports: tuple[tuple[str, str | None], ...] = ()
    used_values: tuple[str, ...] = ()
    guards: tuple[Guard, ...] = ()
    """Rows that it points at and that a new database doesn't have."""

    def walk(self) -> Iterator[Seed]:
        """This row after everything that it needs."""
        for each in self.needs:
            yield from each.walk()
        yield self
