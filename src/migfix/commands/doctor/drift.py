"""What differs between files, records and tables."""

from __future__ import annotations

from dataclasses import dataclass

NAMES = (
    "unreadable-file",
    "missing-file",
    "inconsistent-history",
    "conflicting-migrations",
    "edited-file",
    "missing-table",
    "missing-column",
    "half-applied",
    "not-recorded",
    "missing-constraint",
    "missing-index",
    "wrong-type",
    "wrong-null",
    "missing-default",
    "invalid-index",
    "not-validated",
    "sequence-behind",
    "column-of-no-field",
    "table-of-no-model",
    "not-compared",
)
"""Every kind, worst first."""


@dataclass(frozen=True)
class Drift:
    """One difference. Empty texts don't apply."""

    name: str
    """One of ``NAMES``."""
    what: str
    next_step: str
    app: str = ""
    migration: str = ""
    table: str = ""
    column: str = ""

    @property
    def weight(self) -> tuple[int, str, str, str, str]:
        """The key to sort by, worst first."""
        return NAMES.index(self.name), self.app, self.migration, self.table, self.column
