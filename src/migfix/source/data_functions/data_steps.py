"""The functions that a migration's ``RunPython`` operations run."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migfix.source.data_functions.scopes import module_names_read
from migfix.source.migration import Call, Function, Migration, Name, Operation
from migfix.source.parse import syntax_tree

BOTH_WAYS = ("code", "reverse_code")


def running(migration: Migration, ways: tuple[str, ...] = BOTH_WAYS) -> tuple[tuple[Function, int, str | None], ...]:
    """Every function of the file that a ``RunPython`` runs, directly or through another function.

    Each comes with the index of the first operation that runs it and the name of its parameter for the app registry,
    or None for a function that doesn't receive the registry.
    """
    return tuple(_running(migration, ways)) if migration.functions else ()


def _running(migration: Migration, ways: tuple[str, ...]) -> Iterator[tuple[Function, int, str | None]]:
    seen: set[str] = set()
    for index, top in enumerate(migration.operations):
        for op in (top, *top.database_operations):
            for name in _entries(op, ways):
                if name in migration.functions:
                    yield from _reached(migration, name, index, None, seen)


def _entries(op: Operation, ways: tuple[str, ...]) -> Iterator[str]:
    for argument in ways:
        value = op.arguments.get(argument)
        if op.kind == "RunPython" and isinstance(value, Call) and value.func == "functools.partial":
            value = value.argument("func", 0)
        if op.kind == "RunPython" and isinstance(value, Name):
            yield value.dotted


def _reached(
    migration: Migration, name: str, index: int, apps: str | None, seen: set[str]
) -> Iterator[tuple[Function, int, str | None]]:
    """A function and those that it calls. A helper receives ``apps`` if it has a parameter with that name."""
    if name in seen:
        return
    seen.add(name)
    function = migration.functions[name]
    node = syntax_tree(function.code).body[0]
    assert isinstance(node, ast.FunctionDef)
    parameters = [each.arg for each in (*node.args.posonlyargs, *node.args.args)]
    own = parameters[0] if apps is None and parameters else apps if apps in parameters else None
    yield function, index, own
    for called in sorted(module_names_read(function.code, name) & migration.functions.keys()):
        yield from _reached(migration, called, index, own or apps or "apps", seen)
