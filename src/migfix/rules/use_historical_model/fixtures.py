"""Data functions that load a fixture: loaddata uses the models of the code, whatever the migration's state."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migfix.source.data_functions.data_steps import running
from migfix.source.migration import Migration
from migfix.source.parse import syntax_tree


def loading_functions(migration: Migration) -> Iterator[tuple[str, int]]:
    """Name and line of each function that runs and calls ``call_command("loaddata", ...)``, in either direction."""
    if b"loaddata" not in migration.source:
        return
    names = {"call_command", *(each.bound for each in migration.imports if each.name == "call_command")}
    for function, _, _ in running(migration):
        for node in ast.walk(syntax_tree(function.code)):
            if isinstance(node, ast.Call) and _name(node.func) in names and _is_loaddata(node):
                yield function.name, function.first_line + node.lineno - 1


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_loaddata(call: ast.Call) -> bool:
    first = call.args[0] if call.args else None
    return isinstance(first, ast.Constant) and first.value == "loaddata"
