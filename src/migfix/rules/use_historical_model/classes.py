"""Classes of the project, read from the files that they are imported from. Nothing is imported."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache

from migfix.history import History
from migfix.project.reader import Module
from migfix.source.parse import parse

_MOST_STEPS = 6


@dataclass(frozen=True)
class Class:
    """A class of the project and the file that defines it."""

    node: ast.ClassDef
    module: Module
    tree: ast.Module

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def app(self) -> str:
        """The label of its app: that in Meta, or that of the package."""
        for statement in self.node.body:
            for inner in statement.body if isinstance(statement, ast.ClassDef) and statement.name == "Meta" else ():
                match inner:
                    case ast.Assign(targets=[ast.Name(id="app_label")], value=ast.Constant(value=str() as label)):
                        return label
        return self.module.app

    def means(self, node: ast.expr) -> str:
        """The dotted name of an expression in its file, with imports resolved: ``django.db.models.Model``."""
        text = ast.unparse(node)
        root, _, rest = text.partition(".")
        for module, name, bound in imports_of(self.tree):
            if bound == root:
                return ".".join(filter(None, (module, name, rest)))
        return text


def find_class(history: History, module: str, name: str, near: str, steps: int = _MOST_STEPS) -> Class | None:
    """The class that ``from module import name`` gives in the file ``near``, also through re-exports."""
    found = history.module(module, near)
    if found is None or not steps:
        return None
    tree = _parsed(found.path, found.source)
    for node in _module_level(tree):
        if isinstance(node, ast.ClassDef) and node.name == name:
            return Class(node, found, tree)
    for source, imported, bound in imports_of(tree):
        if bound == name or imported == "*":
            wanted = name if imported == "*" else imported or name
            if further := find_class(history, source, wanted, found.path, steps - 1):
                return further
    return None


@lru_cache(maxsize=64)
def _parsed(path: str, source: bytes) -> ast.Module:
    """The tree of a file, cached because models.py is needed again for each of its models."""
    return parse(path, source)


def _module_level(tree: ast.Module) -> list[ast.stmt]:
    """The statements of a module, including those in ``if`` and ``try``."""
    found = list(tree.body)
    for node in found:
        if isinstance(node, ast.If | ast.Try):
            found += [*node.body, *node.orelse]
    return found


@lru_cache(maxsize=1000)
def imports_of(tree: ast.AST) -> tuple[tuple[str, str, str], ...]:
    """Module, name and bound name of each import below ``tree``; the name is "" for ``import module``."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            found += [(module, each.name, each.asname or each.name) for each in node.names]
        elif isinstance(node, ast.Import):
            for each in node.names:
                package = each.name.partition(".")[0]
                found.append((each.name if each.asname else package, "", each.asname or package))
    return tuple(found)


def lineage(history: History, found: Class) -> tuple[list[Class], list[str]]:
    """A class and the project's classes that it inherits from, and the dotted names of its other bases."""
    classes, others = [found], []
    for each in classes:
        for base in each.node.bases:
            dotted = each.means(base.value if isinstance(base, ast.Subscript) else base)
            own = find_by_name(history, ast.unparse(base), each)
            if own and own.node not in [known.node for known in classes]:
                classes.append(own)
            elif own is None:
                others.append(dotted)
    return classes, others


def find_by_name(history: History, text: str, seen_from: Class) -> Class | None:
    """The class that ``text`` (``Post``, ``mixins.Post``) means in the file of ``seen_from``."""
    root, _, rest = text.rpartition(".")
    for node in _module_level(seen_from.tree):
        if not root and isinstance(node, ast.ClassDef) and node.name == rest and node is not seen_from.node:
            return Class(node, seen_from.module, seen_from.tree)
    for module, name, bound in imports_of(seen_from.tree):
        if not root and bound == rest and name:
            return find_class(history, module, name, seen_from.module.path)
        if root and bound == root:
            inner = f"{module}.{name}" if name and not module.endswith(".") else module + name
            return find_class(history, inner, rest, seen_from.module.path)
    return None
