"""Lay out Python code as black would, for the code that migfix writes into files."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

_LINE_LENGTH = ContextVar("line_length", default=88)
"""Black's own default. A project's setting applies to everything that one run writes."""


def line_length() -> int:
    """The maximum line length of the project."""
    return _LINE_LENGTH.get()


@contextmanager
def lines_up_to(length: int | None) -> Iterator[None]:
    """Use this maximum line length inside the block; None keeps the current one."""
    token = _LINE_LENGTH.set(length or line_length())
    try:
        yield
    finally:
        _LINE_LENGTH.reset(token)


@dataclass(frozen=True)
class Brackets:
    """``head`` + items + ``tail``: a call ``f(…)``, a list or a dict, with any code before and after it."""

    head: str
    items: tuple[str | Brackets, ...]
    tail: str

    @property
    def is_display(self) -> bool:
        """Whether black puts each item on its own line if the code doesn't fit on one line."""
        return self.head[-1] in "[{" or (
            self.head[-1:] == "(" and (len(self.head) < 2 or not (self.head[-2].isalnum() or self.head[-2] in "_)]"))
        )


Code = str | Brackets


def call(head: str, *items: Code, tail: str = ")") -> Brackets:
    """``head(items)``."""
    return Brackets(head + "(", items, tail)


def dictionary(pairs: Iterable[tuple[str, str]]) -> Brackets:
    """A dict with string keys and with values that are given as code."""
    return Brackets("{", tuple(f"{literal(name)}: {value}" for name, value in pairs), "}")


def render(code: Code, indent: int = 0, room: int | None = None) -> str:
    """The code laid out to start at column ``indent``.

    The first line comes without its indentation; further lines include theirs.
    """
    flat, room = flatten(code), room or line_length()
    if isinstance(code, str) or indent + len(flat) <= room:
        return flat
    inner = ", ".join(map(flatten, code.items))
    pad = " " * (indent + 4)
    if not (code.is_display and len(code.items) > 1) and len(pad) + len(inner) <= room:
        return f"{code.head}\n{pad}{inner}\n{' ' * indent}{code.tail}"
    lines = "".join(f"{pad}{render(item, indent + 4, room - 1)},\n" for item in code.items)
    return f"{code.head}\n{lines}{' ' * indent}{code.tail}"


def flatten(code: Code) -> str:
    """The code on one line."""
    return code if isinstance(code, str) else code.head + ", ".join(map(flatten, code.items)) + code.tail


def literal(value: object) -> str:
    """A constant as black writes it: with double quotes, unless that needs more escapes."""
    text = repr(value)
    prefix, plain = ("b", text[1:]) if isinstance(value, bytes) else ("", text)
    if isinstance(value, str | bytes) and plain.startswith("'") and '"' not in plain:
        return f'{prefix}"{plain[1:-1]}"'
    return text


def quote_of(source: bytes) -> str:
    """The quote character that a file uses most; double quotes in a tie."""
    return "'" if source.count(b"'") > source.count(b'"') else '"'


def with_quotes(code: str, quote: str) -> str:
    """``code`` with its strings in ``quote``. Triple-quoted strings and strings with quotes or escapes are kept."""
    other = "'" if quote == '"' else '"'
    lines = code.split("\n")
    for token in reversed(list(tokenize.generate_tokens(io.StringIO(code).readline))):
        text = token.string
        is_plain = token.type == tokenize.STRING and text.startswith(other) and not text.startswith(other * 3)
        if is_plain and quote not in text and "\\" not in text and token.start[0] == token.end[0]:
            row, start, end = token.start[0] - 1, token.start[1], token.end[1]
            lines[row] = f"{lines[row][:start]}{quote}{text[1:-1]}{quote}{lines[row][end:]}"
    return "\n".join(lines)


def prefixed(prefix: str, code: Code) -> Code:
    """``code`` with ``prefix`` directly before its first character."""
    return prefix + code if isinstance(code, str) else Brackets(prefix + code.head, code.items, code.tail)


def snake(name: str) -> str:
    """``blog_category`` for ``BlogCategory``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def free_name(name: str, taken: frozenset[str] | set[str]) -> str:
    """``name``, or ``name_2`` and so on if it is taken."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free
