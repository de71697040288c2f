"""What a data function does to which models, read from its body."""

from __future__ import annotations

import ast
from functools import lru_cache

from migfix.source.data_functions.effect import Effect, Meaning
from migfix.source.data_functions.function_reader import FunctionReader
from migfix.source.migration import Migration


@lru_cache(maxsize=1000)
def effects(migration: Migration, function: str) -> tuple[Effect, ...]:
    """Everything that a function of the file does to rows. Code that can't be followed has an ``unknown`` effect."""
    found = migration.functions.get(function)
    if found is None:
        return (Effect("unknown", None),)
    reader = FunctionReader(migration, {}, [], (function,))
    reader.run(function, ("apps", "editor"))
    return tuple(dict.fromkeys(reader.writes.found))


def effects_of_lambda(migration: Migration, code: str) -> tuple[Effect, ...]:
    """The same as ``effects()`` for ``lambda apps, schema_editor: …``."""
    node = ast.parse(code.strip(), mode="eval").body
    if not isinstance(node, ast.Lambda):
        return (Effect("unknown", None),)
    parameters = [each.arg for each in [*node.args.posonlyargs, *node.args.args]]
    meanings: tuple[Meaning, ...] = ("apps", "editor")
    reader = FunctionReader(migration, dict(zip(parameters, meanings, strict=False)), [], ())
    reader.expression(node.body)
    return tuple(dict.fromkeys(reader.writes.found))
