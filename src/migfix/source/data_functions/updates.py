"""SQL that a data function runs on a cursor, where it names the table and the column by their model and field."""

from __future__ import annotations

import ast
import re

from migfix.source.data_functions.effect import Model
from migfix.source.data_functions.function_scope import FunctionScope
from migfix.source.migration import Key

_UPDATE = re.compile(r"\s*UPDATE {} SET {} = %s WHERE {} = %s\s*", re.IGNORECASE)


def updated_column(node: ast.Call, scope: FunctionScope) -> tuple[Key, str] | None:
    """The model and the field that an ``execute()`` changes by key; None for all other SQL.

    It reads ``f"UPDATE {quote(Post._meta.db_table)} SET {quote(field.column)} = %s WHERE …"`` with ``field`` set to
    ``Post._meta.get_field("token")``.
    """
    sql = _followed(node.args[0], scope) if node.args else None
    if not isinstance(sql, ast.JoinedStr):
        return None
    shape = "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in sql.values)
    if not _UPDATE.fullmatch(shape):
        return None
    table, column, _ = (_unquoted(part.value) for part in sql.values if isinstance(part, ast.FormattedValue))
    match table, column:
        case (
            ast.Attribute(value=ast.Attribute(value=ast.Name(id=name), attr="_meta"), attr="db_table"),
            ast.Attribute(value=field, attr="column"),
        ):
            model, name = scope.names.get(name), _field_name(_followed(field, scope), name)
            return (model.key, name) if isinstance(model, Model) and name else None
    return None


def _followed(node: ast.expr, scope: FunctionScope) -> ast.expr:
    """The expression that a variable was last set to."""
    return scope.variables.get(node.id, node) if isinstance(node, ast.Name) else node


def _unquoted(node: ast.expr) -> ast.expr:
    return node.args[0] if isinstance(node, ast.Call) and node.args else node


def _field_name(node: ast.expr, model: str) -> str:
    """``token`` of ``Post._meta.get_field("token")``, else ""."""
    match node:
        case ast.Call(func=func, args=[ast.Constant(value=str() as name)]) if (
            ast.unparse(func) == f"{model}._meta.get_field"
        ):
            return name
    return ""
