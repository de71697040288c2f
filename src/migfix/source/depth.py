"""How deeply a file nests. Recursive walks of its syntax tree need a stack of that depth."""

from __future__ import annotations

import ast
from itertools import chain

MOST = 200
"""The most levels that all walks by migfix and LibCST can handle within Python's default recursion limit."""
_CHAINED = (b"+", b"-", b"*", b"|", b"&", b"~", b"elif", b"else", b"not ", b"and ", b"or ", b"lambda", b"()", b"][")
"""Code that can be chained to any depth. Python itself allows 200 open brackets and 100 levels of indentation."""


def may_be_deep(source: bytes) -> bool:
    """Whether the source could nest deeply. Most files can't, and this check is much cheaper than ``depth()``."""
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
