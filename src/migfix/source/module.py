"""The contents of a migration file and of its class: attributes, functions and names."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migfix.source.imports import imports_of
from migfix.source.migration import Function
from migfix.source.parse import WITHOUT_BRACKETS
from migfix.source.text import reindented, span_of, text_between


def attributes_of(node: ast.ClassDef) -> dict[str, ast.expr]:
    found: dict[str, ast.expr] = {}
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found[name] = value
    return found


_DJANGOS = frozenset({"operations", "dependencies", "run_before", "replaces", "initial", "atomic"})


def extras_of(node: ast.ClassDef, source: bytes) -> Iterator[str]:
    """The code of everything in the class body except the attributes that Django defines and the docstring."""
    for statement in node.body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                if name in _DJANGOS:
                    continue
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                continue
        first, start, last, end = span_of(statement)
        first = min([first, *(each.lineno for each in getattr(statement, "decorator_list", ()))])
        block = f"if True:\n{text_between(source, (first, 0, last, end))}"  # the `if` makes it a complete block
        yield reindented(block, start, 0).partition("\n")[2]


def named_lists(tree: ast.Module, node: ast.ClassDef) -> dict[str, ast.expr]:
    """The lists in the class body that have a name of their own, which the class uses once.

    As in ``state_operations = […]`` and ``SeparateDatabaseAndState(state_operations=state_operations)``.
    """
    lists = {
        name: value
        for name, value in attributes_of(node).items()
        if name not in _DJANGOS and isinstance(value, ast.List | ast.Tuple)
    }
    if not lists:
        return {}
    names = [each.id for each in ast.walk(tree) if isinstance(each, ast.Name)]
    return {name: value for name, value in lists.items() if names.count(name) == 2}  # it is set once and used once


def functions_of(tree: ast.Module, text: str) -> dict[str, Function]:
    """The functions at module level, with their decorators and the comments above them.

    Functions that use the syntax of a later Python are left out, because the rest of migfix can't parse them.
    """
    lines = text.split("\n")
    found = {}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            first = min([node.lineno, *(each.lineno for each in node.decorator_list)])
            while first > 1 and lines[first - 2].startswith("#"):
                first -= 1
            code = "\n".join(lines[first - 1 : node.end_lineno])
            if not WITHOUT_BRACKETS.search(code.encode()):
                found[node.name] = Function(node.name, code, node.lineno)
    return found


def names_bound(tree: ast.Module | ast.ClassDef) -> frozenset[str]:
    """The names that the statements of a module or a class bind, without those in its functions and classes."""
    names = {each.bound for node in tree.body for each in imports_of(node)}
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names.add(node.name)
        elif not isinstance(node, ast.Import | ast.ImportFrom):
            names.update(
                each.id for each in ast.walk(node) if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
            )
    return frozenset(names)
