"""What the modules of a project import when they are loaded, found without running them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass

from migfix.errors import UnreadableFile
from migfix.history.cycles import strongly_connected
from migfix.project.files import read_bytes
from migfix.project.mentions import python_files
from migfix.project.on_disk import Project
from migfix.project.reader import Module
from migfix.source.migration import Key
from migfix.source.parse import parse


@dataclass(frozen=True)
class Imported:
    """One name that a module imports, and the module of the project that it comes from."""

    path: str
    line: int
    bound: str
    name: str
    """The name in that module; "" if the module itself is imported."""
    source: Module
    is_plain: bool
    """Whether the statement is at module level, outside ``if`` and ``try``."""


class Modules:
    """The modules that some files import, directly or indirectly, and their imports."""

    def __init__(self, project: Project, start: list[Module]) -> None:
        self.project = project
        self.modules: dict[str, Module] = {}
        self.trees: dict[str, ast.Module] = {}
        self.imports: dict[str, list[Imported]] = {}
        waiting = list(start)
        while waiting:
            module = waiting.pop()
            if module.path in self.modules:
                continue
            self.modules[module.path] = module
            self._read(module.path, module.source)
            waiting += [each.source for each in self.imports[module.path]]

    def _read(self, path: str, source: bytes) -> None:
        self.trees[path] = parse(path, source)
        self.imports[path] = list(self._imports(path))

    def _imports(self, path: str) -> Iterator[Imported]:
        for node, is_plain in _statements(self.trees[path].body, True):
            if isinstance(node, ast.ImportFrom):
                package = "." * node.level + (node.module or "")
                for alias in node.names:
                    dotted = f"{package}{'' if package.endswith('.') else '.'}{alias.name}"
                    inner = self.project.module(dotted, path) if alias.name != "*" else None
                    found = inner or self.project.module(package, path)
                    if found:
                        name = "" if inner else alias.name
                        yield Imported(path, node.lineno, alias.asname or alias.name, name, found, is_plain)
            elif isinstance(node, ast.Import):
                for alias in node.names:
                    if found := self.project.module(alias.name, path):
                        bound = alias.asname or alias.name.partition(".")[0]
                        yield Imported(path, node.lineno, bound, "", found, is_plain)

    def rings(self, without: frozenset[tuple[str, int, str]] = frozenset()) -> list[frozenset[str]]:
        """Groups of modules that import each other, ignoring the imports in ``without``."""
        edges: dict[Key, tuple[Key, ...]] = {
            (path, ""): tuple(
                (each.source.path, "") for each in found if (each.path, each.line, each.bound) not in without
            )
            for path, found in self.imports.items()
            if path in self.modules
        }
        return [frozenset(path for path, _ in ring) for ring in strongly_connected(edges)]

    def is_taken(self, path: str, name: str) -> bool:
        """Whether another module of the project may use ``name`` from the module at ``path``."""
        for file in python_files(self.project.root):
            if str(file) not in self.trees and name.encode() in (source := read_bytes(file)):
                with suppress(UnreadableFile):
                    self._read(str(file), source)
        return any(
            each.name in (name, "*") or (not each.name and self._reads_attribute(other, name))
            for other, imports in self.imports.items()
            for each in imports
            if each.source.path == path != other
        )

    def _reads_attribute(self, path: str, name: str) -> bool:
        return any(isinstance(node, ast.Attribute) and node.attr == name for node in ast.walk(self.trees[path]))


def _statements(body: list[ast.stmt], is_plain: bool) -> Iterator[tuple[ast.stmt, bool]]:
    """The statements that run when a module is loaded."""
    for node in body:
        yield node, is_plain
        match node:
            case ast.If(test=test) if "TYPE_CHECKING" not in ast.unparse(test):
                yield from _statements([*node.body, *node.orelse], False)
            case ast.Try():
                handlers = [each for handler in node.handlers for each in handler.body]
                yield from _statements([*node.body, *handlers, *node.orelse, *node.finalbody], False)
