"""The text of a file, and parts of it by span."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterable
from functools import lru_cache

from migfix.source.migration import NOWHERE, Span
from migfix.source.parse import nodes, syntax_tree


def decode(source: bytes) -> str:
    """The source as text with ``\\n`` line endings, decoded by its BOM or encoding cookie.

    Raises SyntaxError for an unknown encoding and UnicodeDecodeError for bytes that aren't valid in it.
    """
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    return source.decode(encoding).replace("\r\n", "\n").replace("\r", "\n")


@lru_cache(maxsize=32)
def lines_of(source: bytes) -> tuple[str, ...]:
    """The lines of ``decode(source)``, without their ends. They are kept: a file is asked for them often."""
    return tuple(decode(source).split("\n"))


def span_of(node: ast.expr | ast.stmt) -> Span:
    return node.lineno, node.col_offset, node.end_lineno or node.lineno, node.end_col_offset or 0


def text_between(source: bytes, span: Span) -> str:
    """The text at ``span``, with ``\\n`` line endings."""
    first, start, last, end = span
    lines = [line.encode() for line in lines_of(source)[first - 1 : last]]
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][start:]
    return b"\n".join(lines).decode()


def assignment_of(source: bytes, name: str) -> Span:
    """The span of the statement that assigns a module-level constant; NOWHERE if there is none."""
    for node in ast.parse(source).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=found)]) | ast.AnnAssign(target=ast.Name(id=found)) if found == name:
                return span_of(node)
    return NOWHERE


def with_texts(source: bytes, texts: Iterable[tuple[Span, str]]) -> bytes:
    """The source with the text at each span replaced, in its own encoding and line endings. Spans must not overlap."""
    encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", source.decode(encoding))
    newline = next((end for end in ("\r\n", "\n", "\r") if lines[0].endswith(end)), "\n")
    for (first, start, last, end), code in sorted(texts, reverse=True):
        before = lines[first - 1].encode()[:start].decode()
        after = lines[last - 1].encode()[end:].decode() if last <= len(lines) else ""
        lines[first - 1 : last] = [before + code.replace("\n", newline) + after]
    return "".join(lines).encode(encoding)


def comments_above(source: bytes, line: int) -> tuple[str, ...]:
    """The comment lines directly above ``line``, without their indentation."""
    lines = lines_of(source)
    first = line - 1
    while first > 0 and lines[first - 1].lstrip().startswith("#"):
        first -= 1
    return tuple(text.strip() for text in lines[first : line - 1])


def comment_after(source: bytes, span: Span) -> str:
    """The comment that ends the last line of ``span``, or ""."""
    rest = lines_of(source)[span[2] - 1].encode()[span[3] :].decode().lstrip(", )")
    return rest.strip() if rest.startswith("#") else ""


@lru_cache(maxsize=1000)
def names_read(code: str) -> tuple[str, ...]:
    """Every name that ``code`` reads, once for each time it is read."""
    names = (node for node in nodes(syntax_tree(code)) if isinstance(node, ast.Name))
    return tuple(node.id for node in names if isinstance(node.ctx, ast.Load))


def reindented(code: str, was: int, now: int) -> str:
    """``code`` with all lines after the first moved from one indentation to another. Lines in a string are kept."""
    if "\n" not in code:
        return code
    lines = code.split("\n")
    inside: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(code).readline):
        inside.update(range(token.start[0], token.end[0]) if token.type == tokenize.STRING else ())
    for index, line in enumerate(lines[1:], 1):
        if index not in inside and line.strip():
            lines[index] = " " * now + (line[was:] if not line[:was].strip() else line.lstrip())
    return "\n".join(lines)
