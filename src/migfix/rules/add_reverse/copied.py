"""Data functions that copy columns of a table into new ones, one to one, so that they can be copied back."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from migfix.history.fields import Field
from migfix.history.model import Model
from migfix.history.state import State
from migfix.rows.placeholder_rows.values import INTEGERS, TEXT
from migfix.source.data_functions.effects import effects
from migfix.source.migration import Function, Key, Migration
from migfix.source.parse import syntax_tree

_ALL_ROWS = frozenset(
    [
        "all",
        "using",
        "iterator",
        "order_by",
        "only",
        "select_for_update",
        "db_manager",
        "select_related",
        "get_queryset",
    ]
)


def copied_columns(function: Function) -> tuple[tuple[str, str], ...]:
    """Old and new name of each column that a function copies for all rows; empty if it does anything else.

    Examples: ``for post in Post.objects.all(): post.teaser = post.summary; post.save()``,
    ``update(teaser=F("summary"))``.
    """
    node = syntax_tree(function.code).body[0]
    assert isinstance(node, ast.FunctionDef)
    found: list[tuple[str, str]] = []
    whole: set[str] = set()
    """Variables that hold a model, or a queryset of all its rows."""
    for statement in node.body:
        match statement:
            case ast.Expr(value=ast.Constant()) | ast.Pass():
                continue
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _is_all(value, whole) or _is_model(value):
                whole.add(name)
            case ast.Assign(targets=[ast.Name()], value=ast.Attribute(attr="alias")):
                continue
            case ast.For(target=ast.Name(id=row), iter=over, body=body, orelse=[]) if _is_all(over, whole):
                found += _of_loop(row, body)
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=over, attr="update"), args=[], keywords=given)):
                found += _of_update(given) if _is_all(over, whole) else [("", "")]
            case _:
                return ()
    names = [name for pair in found for name in pair]
    is_plain = found and all(names) and len(set(names)) == len(names)  # no column is both copied from and copied to
    return tuple(found) if is_plain else ()


def _is_model(value: ast.expr) -> bool:
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "get_model"


def _is_all(over: ast.expr, whole: set[str]) -> bool:
    """Whether a queryset has every row of its model."""
    while isinstance(over, ast.Call) and isinstance(over.func, ast.Attribute):
        if over.func.attr not in _ALL_ROWS:
            return _is_model(over)
        over = over.func.value
    if isinstance(over, ast.Attribute) and over.attr in ("objects", "_base_manager", "_default_manager"):
        over = over.value
    return _is_model(over) or (isinstance(over, ast.Name) and over.id in whole)


def _of_loop(row: str, body: list[ast.stmt]) -> Iterator[tuple[str, str]]:
    for statement in body:
        match statement:
            case ast.Assign(
                targets=[ast.Attribute(value=ast.Name(id=target), attr=new)],
                value=ast.Attribute(value=ast.Name(id=source), attr=old),
            ) if target == source == row:
                yield old, new
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=target))], value=ast.Constant(value=None)) if (
                target == row
            ):
                continue  # the old column is emptied, which copying back undoes
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Name(id=target), attr="save"))) if target == row:
                continue
            case _:
                yield "", ""


def _of_update(given: list[ast.keyword]) -> Iterator[tuple[str, str]]:
    for each in given:
        match each.value:
            case ast.Call(func=func, args=[ast.Constant(value=str() as old)]) if ast.unparse(func).endswith("F"):
                yield ("", "") if "__" in old else (old, each.arg or "")
            case ast.Constant(value=None):
                continue
            case _:
                yield "", ""


def model_of(migration: Migration, function: str, state: State) -> Model | None:
    """The model whose rows a function changes; None unless it is exactly one."""
    keys: set[Key | None] = {each.model for each in effects(migration, function)}
    key = keys.pop() if len(keys) == 1 else None
    return state.models.get(key) if key else None


def can_hold(old: Field | None, new: Field | None) -> bool:
    """Whether the old column can take the values of the new one unchanged."""
    if old is None or new is None or not old.kind or old.is_unique:
        return False
    families = (frozenset(TEXT), INTEGERS)
    is_alike = old.kind == new.kind or any({old.kind, new.kind} <= family for family in families)
    return is_alike and (not old.is_key or old.get("to") == new.get("to")) and old.kind != "ManyToManyField"
