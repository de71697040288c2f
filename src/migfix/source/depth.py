"""How deeply a file nests: what walks a syntax tree needs a stack as deep as that."""

from __future__ import annotations

import ast
from itertools import chain

MOST = 200
"""Levels that every walk of migfix's own and of LibCST gets through with Python's usual recursion limit."""
_CHAINED = (b"+", b"-", b"*", b"|", b"&", b"~", b"elif", b"else", b"not ", b"and ", b"or ", b"lambda", b"()", b"][")
"""What can be chained to any depth; Python itself allows 200 open brackets and 100 levels of indentation."""


def may_be_deep(source: bytes) -> bool:
    """Whether the bytes could nest deeply: most files can't, and this costs far less than to measure it."""
    is_chained = any(source.count(each) > MOST // 2 for each in _CHAINED)
    return is_chained or any(line.count(b".") > MOST // 2 for line in source.split(b"\n"))


def depth(tree: ast.AST) -> int:
    """The number of levels of a syntax tree."""
    level: list[ast.AST] = [tree]
    levels = 0
    while level:
        levels += 1
        level = list(chain.from_iterable(map(ast.iter_child_nodes, level)))
    return levels
