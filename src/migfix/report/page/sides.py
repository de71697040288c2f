"""Two texts side by side, line by line, with syntax highlighting."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Literal as OneOf

from django.utils.safestring import SafeString, mark_safe
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer, SqlLexer

from migfix.source.text import decode

CONTEXT = 4
"""The number of lines that are shown around a change."""
Language = OneOf["python", "sql", "text"]


@dataclass(frozen=True)
class Side:
    """One of the texts: its lines as text, and as HTML."""

    lines: tuple[str, ...] = ()
    html: tuple[str, ...] = ()

    @classmethod
    def of(cls, text: str, language: Language) -> Side:
        text = text.replace("\r\n", "\n").replace("\r", "\n")  # as Pygments does
        return cls(_lines(text), _lines(_coloured(text, language)))

    @classmethod
    @lru_cache(maxsize=16)
    def of_file(cls, path: str, content: bytes | None) -> Side:
        """A file, or None if it doesn't exist. Files that aren't Python are plain text."""
        if content is None:
            return cls()
        is_python = path.endswith(".py")
        return cls.of(
            decode(content) if is_python else content.decode(errors="replace"), "python" if is_python else "text"
        )


@dataclass(frozen=True)
class Cell:
    """A line, counted from 1."""

    number: int
    html: SafeString


@dataclass(frozen=True)
class Row:
    """Two lines side by side, or a number of lines that are left out."""

    left: Cell | None = None
    right: Cell | None = None
    is_changed: bool = False
    skipped: int = 0


def rows(old: Side, new: Side, is_whole: bool = False) -> Iterator[Row]:
    """The changes with some lines around them, or all lines."""
    if is_whole and old.lines == new.lines:
        yield from _block(_cells(old, 0, None), _cells(new, 0, None), False)
        return
    context = len(old.lines) if is_whole else CONTEXT
    shown = 0
    for group in difflib.SequenceMatcher(None, old.lines, new.lines).get_grouped_opcodes(context):
        first = group[0][1]
        if first > shown:
            yield Row(skipped=first - shown)
        for tag, left, left_end, right, right_end in group:
            yield from _block(_cells(old, left, left_end), _cells(new, right, right_end), tag != "equal")
        shown = group[-1][2]
    if 0 < shown < len(old.lines):
        yield Row(skipped=len(old.lines) - shown)


def _block(left: list[Cell], right: list[Cell], is_changed: bool) -> Iterator[Row]:
    for number in range(max(len(left), len(right))):
        yield Row(
            left[number] if number < len(left) else None, right[number] if number < len(right) else None, is_changed
        )


def _cells(side: Side, start: int, end: int | None) -> list[Cell]:
    return [Cell(number, mark_safe(html)) for number, html in enumerate(side.html[start:end], start + 1)]


def _coloured(text: str, language: Language) -> str:
    """The text as HTML with the class names of Pygments, each line complete in itself."""
    if language == "text":
        return escape(text)
    lexer = PythonLexer if language == "python" else SqlLexer
    return highlight(text, lexer(stripnl=False, ensurenl=False), HtmlFormatter(nowrap=True))


def _lines(text: str) -> tuple[str, ...]:
    return tuple(text.removesuffix("\n").split("\n")) if text else ()
