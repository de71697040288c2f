"""Live models that a data function gets from outside its body, where nothing can replace them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migfix.history import History
from migfix.rules.use_historical_model.models import LiveModel, Unknown, module_bindings
from migfix.rules.use_historical_model.uses import names_in
from migfix.source.data_functions.data_steps import running
from migfix.source.data_functions.scopes import module_names_read, names_read_in_methods
from migfix.source.migration import Migration, Name, Opaque
from migfix.source.parse import syntax_tree
from migfix.source.text import decode


def from_outside(migration: Migration, history: History) -> Iterator[tuple[int, LiveModel | Unknown]]:
    """Lines where live models are used in other ways: in a lambda, a default argument, a list of the module."""
    bound = module_bindings(migration, history)
    known = {*migration.functions, *(each.module.partition(".")[0] for each in migration.imports)}
    for op in migration.walk():
        value = op.arguments.get("code")
        if op.kind == "RunPython" and isinstance(value, Opaque):
            names = bound.keys() & module_names_read(value.code)
            yield from ((op.line, bound[name]) for name in sorted(names))
        elif op.kind == "RunPython" and isinstance(value, Name) and value.dotted.partition(".")[0] not in known:
            names = bound.keys() & names_read_in_methods(decode(migration.source))
            yield from ((op.line, bound[name]) for name in sorted(names))
    read: set[str] = set()
    for function, _, _ in running(migration):
        read |= module_names_read(function.code, function.name)
        node = syntax_tree(function.code).body[0]
        assert isinstance(node, ast.FunctionDef)
        for default in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
            yield from ((function.line, bound[name.id]) for name in names_in(default) if name.id in bound)
    for statement in syntax_tree(migration.source).body if bound and read else ():
        match statement:
            case ast.Assign(targets=[ast.Name(id=target)], value=given) if target in read and target not in bound:
                yield from ((statement.lineno, bound[name.id]) for name in names_in(given) if name.id in bound)
