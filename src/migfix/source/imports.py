"""The import statements of a file, as one Import for each name."""

from __future__ import annotations

import ast

from migfix.source.migration import Import


def imports_of(node: ast.stmt) -> list[Import]:
    if isinstance(node, ast.Import):
        return [
            Import(each.name, None, each.asname or each.name.partition(".")[0], f"import {_as(each)}")
            for each in node.names
        ]
    if isinstance(node, ast.ImportFrom):
        module = "." * node.level + (node.module or "")
        return [
            Import(module, each.name, each.asname or each.name, f"from {module} import {_as(each)}")
            for each in node.names
        ]
    return []


def _as(alias: ast.alias) -> str:
    return f"{alias.name} as {alias.asname}" if alias.asname else alias.name


def package_of(each: Import) -> str:
    return each.bound if each.bound == each.module.partition(".")[0] else each.module
