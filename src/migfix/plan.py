"""What shall change in which file, why, and what a person must decide."""

from __future__ import annotations

from collections.abc import Mapping
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
