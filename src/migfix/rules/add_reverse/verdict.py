"""What migfix found out about the reverse of one RunPython or RunSQL."""

from __future__ import annotations

from dataclasses import dataclass

from migfix.history.model import Model

NOT_RESTORED = "Going back does not restore the rows that this changed."
NOT_UNDONE = "Going back does not undo this."


@dataclass(frozen=True)
class Inverse:
    """Statements that undo the operation, in the order in which to run them."""

    statements: tuple[str, ...]


@dataclass(frozen=True)
class CopyBack:
    """A new function that copies columns back. The ``old`` column is the one that comes back empty."""

    model: Model
    columns: tuple[tuple[str, str], ...]
    """Old and new name of each column."""


@dataclass(frozen=True)
class Noop:
    """Doing nothing, with a comment on what that leaves; None if running the operation again is harmless."""

    comment: str | None = None


@dataclass(frozen=True)
class Harm:
    """Going back and forward would run the operation twice, which does visible harm."""

    why: str
    next_step: str = ""


Verdict = Inverse | CopyBack | Noop | Harm


@dataclass(frozen=True)
class Made:
    """What the same file adds, so that going back removes it: model keys or table names, and their columns."""

    models: frozenset[object] = frozenset()
    columns: frozenset[tuple[object, str]] = frozenset()
    lost: frozenset[tuple[object, str]] = frozenset()
    """Columns, or "" for whole tables, that are removed later. Going back creates them empty."""

    def covers(self, model: object, column: str) -> bool:
        """Whether a write to ``column`` ("" for a whole row) is gone after going back."""
        return model in self.models or (model, column.removesuffix("_id")) in self.columns
