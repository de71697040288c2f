"""Parse bytes to a syntax tree. Everything that can't be parsed raises the same error class."""

from __future__ import annotations

import ast
import re
from contextlib import suppress
from functools import lru_cache

from migfix.errors import UnreadableFile
from migfix.source.depth import MOST, depth, may_be_deep

WITHOUT_BRACKETS = re.compile(rb"^([ \t]*except[ \t]+)([\w.]+(?:[ \t]*,[ \t]*[\w.]+)+)[ \t]*:", re.MULTILINE)
"""``except A, B:``, which is valid since Python 3.14 (PEP 758)."""


def parse(path: str, source: bytes) -> ast.Module:
    """The syntax tree. Raises UnreadableFile, with the line if Python reports one."""
    tree = _parse(path, source)
    if may_be_deep(source) and depth(tree) > MOST:
        raise UnreadableFile(path, f"this nests more than {MOST} levels deep, which is too deep to be read.")
    return tree


@lru_cache(maxsize=1000)
def syntax_tree(code: str | bytes) -> ast.Module:
    """The syntax tree of code that was parsed before as part of its file. It is shared, so it must not be changed."""
    return ast.parse(code)


@lru_cache(maxsize=1000)
def nodes(tree: ast.AST) -> tuple[ast.AST, ...]:
    """The nodes of ``ast.walk(tree)``. They are kept, because a function is walked through for each question."""
    return tuple(ast.walk(tree))


def _parse(path: str, source: bytes) -> ast.Module:
    try:
        return ast.parse(source)
    except SyntaxError as error:
        with suppress(SyntaxError):
            return ast.parse(WITHOUT_BRACKETS.sub(rb"\1(\2):", source))
        raise UnreadableFile(path, f"this is not valid Python: {error.msg}.", error.lineno) from None
    except (ValueError, RecursionError, MemoryError) as error:
        raise UnreadableFile(path, f"this can't be parsed: {error}.") from None


def later_syntax(source: bytes) -> tuple[int, str] | None:
    """The line where the syntax of a later Python is used, and the reason; None if there is no such line."""
    found = WITHOUT_BRACKETS.search(source)
    if found:
        try:
            ast.parse(source)
        except SyntaxError:
            return source.count(b"\n", 0, found.end()) + 1, "this line is in the syntax of Python 3.14"
    return None
