"""What a field class of the project, or of an installed package, stores: read from its source and its bases."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from migfix.errors import UnreadableFile
from migfix.history import History
from migfix.history.fields import Field
from migfix.project.files import find_root
from migfix.project.installed import module_source
from migfix.source.migration import Call
from migfix.source.names import canonical
from migfix.source.parse import parse

_CHANGES_VALUES = frozenset(
    (
        *("db_parameters", "db_type", "from_db_value", "get_attname", "get_db_prep_save", "get_db_prep_value"),
        *("get_default", "get_internal_type", "get_prep_value", "has_default", "rel_db_type", "to_python"),
    )
)
"""Methods with which a class decides itself what is stored and read."""
_TELLING = ("unique", "primary_key", "choices")
"""Arguments that a class may set itself, so that they aren't in the migration."""
_MOST_STEPS = 5


def as_djangos(field: Field, near: str, history: History) -> Field:
    """The field with Django's own class instead of one that only adds to it; unchanged if migfix can't be sure."""
    if not isinstance(field.value, Call) or not field.kind or "." not in field.kind:
        return field
    base = _base(field.value.func, near, history, _MOST_STEPS)
    return Field(field.name, replace(field.value, func=base)) if base else field


def _base(dotted: str, near: str, history: History, steps: int) -> str | None:
    """The field class of Django's whose values a class stores unchanged; None if migfix can't be sure."""
    known = canonical(dotted)
    if Field("", Call(known)).kind != known:
        return known
    module, _, name = dotted.rpartition(".")
    tree, path = _module(module, near, history) if steps else (None, near)
    for node in tree.body if tree else ():
        if isinstance(node, ast.ClassDef) and node.name == name:
            methods = {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
            text = ast.unparse(node)
            if methods & _CHANGES_VALUES or len(node.bases) != 1 or any(each in text for each in _TELLING):
                return None
            return _base(_meaning(node.bases[0], tree, module), path, history, steps - 1) if tree else None
        for imported, given in _imports(node, module):
            if given == name:
                return _base(imported, path, history, steps - 1)
    return None


def _module(name: str, near: str, history: History) -> tuple[ast.Module | None, str]:
    found = history.module(name, near)
    path, source = (found.path, found.source) if found else module_source(find_root(Path(near)), name) or ("", b"")
    try:
        return (_parsed(path, source), path) if path else (None, near)
    except UnreadableFile:
        return None, near


@lru_cache(maxsize=64)
def _parsed(path: str, source: bytes) -> ast.Module:
    return parse(path, source)


def _meaning(base: ast.expr, tree: ast.Module | None, module: str) -> str:
    """The dotted name of a base class, by the imports of its file; without an import, it is in the same file."""
    root, _, rest = ast.unparse(base).partition(".")
    for node in tree.body if tree else ():
        for imported, given in _imports(node, module):
            if given == root:
                return ".".join(filter(None, (imported, rest)))
    return f"{module}.{root}"


def _imports(node: ast.stmt, module: str) -> Iterator[tuple[str, str]]:
    """Dotted name and bound name of each import. Relative imports are resolved from ``module``."""
    if isinstance(node, ast.Import):
        for each in node.names:
            name = each.name if each.asname else each.name.partition(".")[0]
            yield name, each.asname or name
    elif isinstance(node, ast.ImportFrom):
        package = ".".join(module.split(".")[: -node.level]) if node.level else ""
        source = ".".join(filter(None, (package, node.module)))
        yield from ((f"{source}.{each.name}", each.asname or each.name) for each in node.names)
