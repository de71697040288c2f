"""Lines of a file that edits have changed, in the file as it was read."""

from __future__ import annotations

from difflib import Match, SequenceMatcher
from functools import lru_cache


def line_in(original: bytes, current: bytes, line: int) -> int:
    """The line of the original for one of the current content: the same one, or the one that it was written after."""
    if moved := _moved_line(original, current, line):
        return moved
    above = [block for block in _common(original, current) if block.b < line]
    return above[-1].a + min(line - above[-1].b, above[-1].size) if above else 1


@lru_cache(maxsize=8)
def _common(original: bytes, current: bytes) -> tuple[Match, ...]:
    """The blocks of lines that two versions of a file share. Cached, because all findings in a file need them."""
    blocks = SequenceMatcher(None, original.splitlines(), current.splitlines()).get_matching_blocks()
    return tuple(block for block in blocks if block.size)


def _moved_line(original: bytes, current: bytes, line: int) -> int:
    """The line of the same text in the original, if it was moved and is there once; else 0."""
    if any(block.b < line <= block.b + block.size for block in _common(original, current)):
        return 0
    old, new = ([each.strip() for each in text.splitlines()] for text in (original, current))
    wanted = new[line - 1 : line + 2]  # an operation, its model and its field
    places = [place for place in range(len(old)) if old[place : place + len(wanted)] == wanted]
    return places[0] + 1 if len(places) == 1 else 0
