"""Why rows can't be kept, filled or created, and what to do instead."""

from __future__ import annotations


class CannotFix(Exception):
    """Something that migfix can't fix: why, and the next step."""

    def __init__(self, why: str, next_step: str) -> None:
        super().__init__(why)
        self.why = why
        self.next_step = next_step
