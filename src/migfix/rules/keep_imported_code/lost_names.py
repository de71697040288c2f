"""What a migration file needs when it is imported, and the project doesn't have."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from migfix.errors import UnreadableFile
from migfix.history import History
from migfix.source.migration import Migration
from migfix.source.module import names_bound
from migfix.source.parse import parse


@dataclass(frozen=True)
class LostName:
    """A module, or a name in a module, that isn't there."""

    line: int
    module: str
    name: str = ""
    """"" if the module itself isn't there."""


def lost_names(migration: Migration, history: History, known: dict[str, Bound | None]) -> Iterator[LostName]:
    """Every such name, in the order of the file. What only functions need is left out: they run later.

    ``known`` keeps the modules that were looked up.
    """
    found = Names(migration, history, known)
    for node in parse(migration.path, migration.source).body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.If | ast.Try):
            continue
        yield from found.lost(node)


class Names:
    """Looks up what statements need."""

    def __init__(self, migration: Migration, history: History, known: dict[str, Bound | None]) -> None:
        self.migration, self.history, self.known = migration, history, known
        self.imported: set[str] = set()
        """The modules that ``import a.b`` statements load."""

    def lost(self, statement: ast.stmt) -> Iterator[LostName]:
        """What one statement of the module needs."""
        match statement:
            case ast.Import(names=names):
                self.imported |= {each.name for each in names if each.asname is None}
                for each in names:
                    if self._is_lost(each.name):
                        yield LostName(statement.lineno, each.name)
            case ast.ImportFrom(module=str() as module, names=names, level=0):
                if self._is_lost(module):
                    yield LostName(statement.lineno, module)
                    return
                for each in names:
                    if each.name != "*" and self._lacks(module, each.name):
                        yield LostName(statement.lineno, module, each.name)
            case ast.ClassDef():
                yield from self._in_class(statement)

    def _in_class(self, statement: ast.ClassDef) -> Iterator[LostName]:
        for node in ast.walk(statement):
            if not isinstance(node, ast.Attribute):
                continue
            module, _, name = ast.unparse(node).rpartition(".")
            if module in self.imported and not self._is_lost(module) and self._lacks(module, name):
                yield LostName(node.lineno, module, name)

    def _is_lost(self, module: str) -> bool:
        """Whether a module is of a package of the project, and isn't there. Its package must be a plain folder."""
        parts = module.split(".")
        for end in range(1, len(parts)):
            found = self._bound(".".join(parts[:end]))
            if found is None:
                return False
            below = ".".join(parts[: end + 1])
            if self._bound(below) is None:
                return not found.is_open and not self.history.is_folder(below, self.migration.path)
        return False

    def _lacks(self, module: str, name: str) -> bool:
        """Whether a module of the project surely doesn't bind a name."""
        found = self._bound(module)
        if found is None or found.is_open or name in found.names or name.startswith("__"):
            return False
        below = f"{module}.{name}"
        return self._bound(below) is None and not self.history.is_folder(below, self.migration.path)

    def _bound(self, module: str) -> Bound | None:
        """The names of a module of the project; None if there is no such module."""
        if module not in self.known:
            found = self.history.module(module, self.migration.path)
            self.known[module] = _bound_by(found.path, found.source) if found else None
        return self.known[module]


@dataclass(frozen=True)
class Bound:
    """The names that a module binds."""

    names: frozenset[str]
    is_open: bool
    """Whether it may have names that its text doesn't show."""


def _bound_by(path: str, source: bytes) -> Bound:
    try:
        tree = parse(path, source)
    except UnreadableFile:
        return Bound(frozenset(), is_open=True)
    return Bound(names_bound(tree), any(map(_is_dynamic, ast.walk(tree))) or any(map(_is_conditional, tree.body)))


def _is_dynamic(node: ast.AST) -> bool:
    """Whether code may bind names that aren't written out."""
    match node:
        case ast.ImportFrom(names=names):
            return any(each.name == "*" for each in names)
        case ast.FunctionDef(name="__getattr__"):
            return True
        case ast.Name(id="globals" | "locals" | "vars" | "exec" | "setattr" | "__path__"):
            return True
    return isinstance(node, ast.Attribute) and node.attr in ("modules", "import_module")


def _is_conditional(statement: ast.stmt) -> bool:
    """Whether a statement imports or defines something only under a condition."""
    makes = (ast.Import, ast.ImportFrom, ast.ClassDef, ast.FunctionDef)
    is_block = isinstance(statement, ast.If | ast.Try | ast.With | ast.For | ast.While)
    return is_block and any(isinstance(each, makes) for each in ast.walk(statement))
