"""A row that a migration creates, and why one can't be created."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from migfix.history.model import Model
from migfix.rows.cannot_fix import CannotFix


@dataclass(frozen=True)
class Guard:
    """A row from before the file that a created row points at by a given key. It may be missing."""

    label: str
    model: Model | None = field(compare=False)
    """None if the model can't be read."""
    lookup: str
    key: str


class CannotSeed(CannotFix):
    """A row that migfix must not invent."""


@dataclass(frozen=True)
class Seed:
    """One row to get or create: the lookup, and values for the columns that need one."""

    model: Model
    lookup: str
    key: str
    values: tuple[tuple[str, str], ...]
    needs: tuple[Seed, ...] = ()
    """Rows that must exist first, outermost first."""
    resets: Model | None = None
    """The model whose sequence must be reset, because an explicit key doesn't advance it."""
    imports: tuple[tuple[str, str | None], ...] = ()
    used_values: tuple[str, ...] = ()
    guards: tuple[Guard, ...] = ()
    """Rows that this row points at and that a new database doesn't have."""

    def walk(self) -> Iterator[Seed]:
        """The rows that this one needs, then this row."""
        for each in self.needs:
            yield from each.walk()
        yield self
