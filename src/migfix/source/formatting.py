"""Python code as black would lay it out, for what migfix writes into people's files."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

_LINE_LENGTH = ContextVar("line_length", default=88)
"""Black's own default. What a project says holds for everything that one run writes, wherever it is put together."""


def line_length() -> int:
    """How long the lines of the project may be."""
    return _LINE_LENGTH.get()


@contextmanager
def lines_up_to(length: int | None) -> Iterator[None]:
    """Write lines of this length inside the block; None keeps the default."""
    token = _LINE_LENGTH.set(length or line_length())
    try:
        yield
    finally:
        _LINE_LENGTH.reset(token)


@dataclass(frozen=True)
class Brackets:
    """``head`` + items + ``tail``: a call ``f(…)``, a list, a dict, with whatever stands before and after."""

    head: str
    items: tuple[str | Brackets, ...]
    tail: str

    @property
    def is_display(self) -> bool:
        """Whether black puts each item on its own line as soon as one line isn't enough."""
        return self.head[-1] in "[{" or (
            self.head[-1:] == "(" and (len(self.head) < 2 or not (self.head[-2].isalnum() or self.head[-2] in "_)]"))
        )


Code = str | Brackets


def call(head: str, *items: Code, tail: str = ")") -> Brackets:
    """``head(items)``."""
    return Brackets(head + "(", items, tail)


def dictionary(pairs: Iterable[tuple[str, str]]) -> Brackets:
    """A dict of string keys and values given as code."""
    return Brackets("{", tuple(f"{literal(name)}: {value}" for name, value in pairs), "}")


def render(code: Code, indent: int = 0, room: int | None = None) -> str:
    """The code with its first line at column ``indent`` (not written), further lines indented from column 0."""
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
    """A constant as black writes it: double quotes unless that needs more escapes."""
    text = repr(value)
    prefix, plain = ("b", text[1:]) if isinstance(value, bytes) else ("", text)
    if isinstance(value, str | bytes) and plain.startswith("'") and '"' not in plain:
        return f'{prefix}"{plain[1:-1]}"'
    return text


def quote_of(source: bytes) -> str:
    """The quote that a file prefers."""
    return "'" if source.count(b"'") > source.count(b'"') else '"'


def with_quotes(code: str, quote: str) -> str:
    """``code`` with its strings in the quotes that a file prefers; docstrings and strings with quotes inside stay."""
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
    """``code`` with something right before its first character."""
    return prefix + code if isinstance(code, str) else Brackets(prefix + code.head, code.items, code.tail)


def snake(name: str) -> str:
    """``blog_category`` for ``BlogCategory``."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def free_name(name: str, taken: frozenset[str] | set[str]) -> str:
    """``name``, or ``name_2`` and so on where it is taken."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}_{number}"
    return free
