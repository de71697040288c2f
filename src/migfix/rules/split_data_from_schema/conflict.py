"""Two operations that PostgreSQL can't run in one transaction."""

from __future__ import annotations

from dataclasses import dataclass

from migfix.source.migration import Key, Operation


@dataclass(frozen=True)
class Conflict:
    """A RunPython or RunSQL and an operation on the same table that must not share a transaction."""

    data: Operation
    schema: Operation
    model: Key
    after: int
    """The check must come after this operation,"""
    up_to: int
    """and right before this one at the latest."""
    is_backward: bool = False

    @property
    def is_at_the_end(self) -> bool:
        """Whether the operation on the table waits for the end of the transaction: Django creates its index there."""
        return (self.data_at == self.after) == self.is_backward

    @property
    def data_at(self) -> int:
        """The index of the data step."""
        return int(self.data.where[1])

    def gap(self, last: int) -> tuple[int, int]:
        """Before which operations a check resolves it, of ``last``: from the first to the second."""
        if self.is_at_the_end:
            return (0, self.data_at) if self.is_backward else (self.data_at + 1, last)
        return self.after + 1, self.up_to
