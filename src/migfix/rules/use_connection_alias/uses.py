"""Where a function reads or writes the default database."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from migfix.source.data_functions.methods import READS, TO_ROW, WRITES
from migfix.source.parse import nodes

_MANAGERS = ("objects", "_default_manager", "_base_manager")
_QUERYSET = READS | WRITES.keys() | {"update", "bulk_update"}
_OF_MODULE = {
    "django.db.transaction.atomic": "atomic",
    "django.db.transaction.on_commit": "on_commit",
    "django.db.connection": "connection",
    "django.shortcuts.get_object_or_404": "shortcut",
    "django.shortcuts.get_list_or_404": "shortcut",
}


@dataclass(frozen=True)
class Use:
    """Code that uses the default database. ``{alias}`` and ``{editor}`` in ``code`` are names of the function."""

    span: tuple[int, int, int, int]
    """What ``code`` replaces, in lines of the function's code. Empty to insert."""
    code: str
    shown: str


def uses(function: ast.FunctionDef, modules: dict[str, str]) -> Iterator[Use]:
    """Every such place. ``modules`` maps names that the file imports to what they are: ``django.db.connection``."""
    parents = {child: node for node in nodes(function) for child in ast.iter_child_nodes(node)}
    models = {name for node in nodes(function) for name in _models_of(node)}
    lists = {name for node in nodes(function) for name in _lists_of(node, models)}
    rows = {name for node in nodes(function) for name in _rows_of(node, models, lists)}
    for node in nodes(function):
        match node:
            case ast.Attribute(attr=attr) if attr in _MANAGERS or _is_manager(node, models, parents):
                yield from _manager(node, parents)
            case ast.Call(func=ast.Attribute(value=row, attr="save" | "delete")):
                if not _has_using(node) and (_names(row, rows) or _makes_row(row, models)):
                    yield _with_using(node)
            case ast.Attribute() | ast.Name(ctx=ast.Load()):
                yield from _of_module(node, modules, models, parents)


def _models_of(node: ast.AST) -> Iterator[str]:
    """The variable that an assignment sets to a model."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and _gets_model(node.value):
        yield node.targets[0].id


def _gets_model(node: ast.expr) -> bool:
    """Whether an expression is ``apps.get_model(...)``, or a ``through`` model."""
    if isinstance(node, ast.Attribute):
        return node.attr == "through"
    func = node.func if isinstance(node, ast.Call) else None
    return (isinstance(func, ast.Attribute) and func.attr == "get_model") or (
        isinstance(func, ast.Name) and func.id == "get_model"
    )


def _lists_of(node: ast.AST, models: set[str]) -> Iterator[str]:
    """The variable that an assignment sets to a list of new rows."""
    if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name) and _has_new_rows(node.value, models):
        yield node.targets[0].id


def _has_new_rows(node: ast.expr, models: set[str]) -> bool:
    """Whether an expression is ``[Post(title="x")]`` or ``[Post(title=title) for title in titles]``."""
    made = node.elts if isinstance(node, ast.List | ast.Tuple) else [node.elt] if isinstance(node, ast.ListComp) else []
    return any(_makes_row(each, models) for each in made)


def _rows_of(node: ast.AST, models: set[str], lists: set[str]) -> Iterator[str]:
    """The variables that a loop or an assignment sets to rows."""
    match node:
        case ast.For(target=target, iter=source) | ast.comprehension(target=target, iter=source):
            is_row = _has_manager(source) or _names(source, lists) or _has_new_rows(source, models)
        case ast.Assign(targets=[target], value=ast.Call(func=ast.Attribute(attr=attr)) as source):
            is_row = attr in TO_ROW and _has_manager(source)
        case ast.Assign(targets=[target], value=ast.Call(func=ast.Name(id="get_object_or_404"), args=[model, *_])):
            is_row = _names(model, models)
        case ast.Assign(targets=[target], value=ast.Call() as source):
            is_row = _makes_row(source, models)
        case _:
            return
    first = target.elts[0] if isinstance(target, ast.Tuple) and target.elts else target
    if is_row and isinstance(first, ast.Name):
        yield first.id


def _has_manager(node: ast.expr) -> bool:
    return any(isinstance(each, ast.Attribute) and each.attr in _MANAGERS for each in ast.walk(node))


def _makes_row(node: ast.expr, models: set[str]) -> bool:
    """Whether an expression is ``Post(title="x")``."""
    return isinstance(node, ast.Call) and (_names(node.func, models) or _gets_model(node.func))


def _names(node: ast.expr, names: set[str]) -> bool:
    return isinstance(node, ast.Name) and node.id in names


def _is_manager(node: ast.Attribute, models: set[str], parents: dict[ast.AST, ast.AST]) -> bool:
    """Whether this is a manager of another name: ``Post.published.filter(...)``."""
    is_of_model = _names(node.value, models) or _gets_model(node.value)
    above = parents.get(node)
    return is_of_model and isinstance(above, ast.Attribute) and above.attr in _QUERYSET - {"get"}


def _manager(node: ast.Attribute, parents: dict[ast.AST, ast.AST]) -> Iterator[Use]:
    above = parents.get(node)
    method = above.attr if isinstance(above, ast.Attribute) else ""
    if method in ("using", "db_manager"):
        return
    code = ".using({alias})" if not method or method in _QUERYSET else ".db_manager({alias})"
    yield Use(_end(node), code, ast.unparse(node))


def _with_using(node: ast.Call) -> Use:
    given: list[ast.expr] = [*node.args, *(each.value for each in node.keywords)]
    shown = ast.unparse(node.func) + "()"
    if given:
        return Use(_end(max(given, key=lambda each: _end(each)[:2])), ", using={alias}", shown)
    line, column, _, _ = _end(node)
    return Use((line, column - 1, line, column - 1), "using={alias}", shown)


def _has_using(node: ast.Call) -> bool:
    return any(each.arg in ("using", None) for each in node.keywords)


def _of_module(
    node: ast.Attribute | ast.Name, modules: dict[str, str], models: set[str], parents: dict[ast.AST, ast.AST]
) -> Iterator[Use]:
    """``transaction.atomic()``, ``connection`` and the like of ``django.db``, and ``get_object_or_404(Post)``."""
    root, _, rest = ast.unparse(node).partition(".")
    kind = _OF_MODULE.get(".".join(filter(None, (modules.get(root, ""), rest))))
    above = parents.get(node)
    if kind == "connection":
        yield Use((node.lineno, node.col_offset, *_end(node)[:2]), "{editor}.connection", ast.unparse(node))
    elif kind and isinstance(above, ast.Call) and above.func is node and not _has_using(above):
        if kind == "shortcut" and above.args and _names(above.args[0], models):
            yield Use(_end(above.args[0]), ".objects.using({alias})", f"{ast.unparse(node)}()")
        elif kind == "on_commit" or (kind == "atomic" and not above.args):
            yield _with_using(above)


def _end(node: ast.expr) -> tuple[int, int, int, int]:
    """The empty place right after an expression."""
    line, column = node.end_lineno or node.lineno, node.end_col_offset or 0
    return line, column, line, column
