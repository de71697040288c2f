"""What a callable default of the project does. It is read from source and never called."""

from __future__ import annotations

import ast

from migfix.errors import UnreadableFile
from migfix.history import History
from migfix.source.migration import Literal, Name
from migfix.source.parse import parse

_MAKES = frozenset({"create", "get_or_create", "update_or_create", "save"})


def constant_default(default: Name, near: str, history: History) -> Literal | None:
    """The constant that the function always returns, as in ``def first_category(): return 1``; else None."""
    node = _function(default, near, history)
    body = node.body[int(ast.get_docstring(node) is not None) :] if node else []
    match body:
        case [ast.Return(value=ast.Constant(value=int() | str() as value))]:
            return Literal(value)
    return None


def makes_rows(default: Name, near: str, history: History) -> bool:
    """Whether the function creates rows itself, with the model as it is in models.py today."""
    node = _function(default, near, history)
    calls = (each.func for each in ast.walk(node) if isinstance(each, ast.Call)) if node else ()
    return any(isinstance(func, ast.Attribute) and func.attr in _MAKES for func in calls)


def _function(default: Name, near: str, history: History) -> ast.FunctionDef | None:
    module, _, name = default.dotted.rpartition(".")
    try:
        found = history.module(module, near) if module else None
        body = parse(found.path, found.source).body if found else []
    except UnreadableFile:
        return None
    return next((each for each in body if isinstance(each, ast.FunctionDef) and each.name == name), None)
