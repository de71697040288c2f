"""What a migration file needs when it is imported, and the project doesn't have."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import PurePath

from migfix.history import History
from migfix.rules.keep_imported_code.bound import Bound, bound_by
from migfix.source.migration import Migration
from migfix.source.parse import parse


@dataclass(frozen=True)
class LostName:
    """A module, or a name in a module or a class, that isn't there."""

    line: int
    owner: str
    name: str = ""
    """"" if a module itself isn't there."""
    wanted: tuple[str, ...] = ()
    """The names that the file takes from a module that isn't there."""


def lost_names(migration: Migration, history: History, known: dict[str, Bound | None]) -> Iterator[LostName]:
    """Every such name, in the order of the file. What only functions need is left out: they run later.

    ``known`` keeps the modules that were looked up.
    """
    tree = parse(migration.path, migration.source)
    found = Names(tree, migration, history, known)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.If | ast.Try):
            continue
        yield from found.lost(node)


class Names:
    """Looks up what statements need."""

    def __init__(
        self, tree: ast.Module, migration: Migration, history: History, known: dict[str, Bound | None]
    ) -> None:
        self.tree, self.migration, self.history, self.known = tree, migration, history, known
        self.modules: set[str] = set()
        """The modules that ``import a.b`` statements load."""
        self.taken: dict[str, str] = {}
        """What ``from a.b import C`` binds, for modules of the project: ``C`` -> ``a.b.C``."""

    def lost(self, statement: ast.stmt) -> Iterator[LostName]:
        """What one statement of the module needs."""
        match statement:
            case ast.Import(names=names):
                own = {each.name for each in names if self._bound(each.name.partition(".")[0])}
                self.modules |= own & {each.name for each in names if each.asname is None}
                for name in sorted(own):
                    if self._is_lost(name):
                        wanted = tuple(dict.fromkeys(each for _, owner, each in self._named() if owner == name))
                        yield LostName(statement.lineno, name, wanted=wanted)
            case ast.ImportFrom(names=names):
                module = self._module(statement)
                yield from self._in_import(statement, module, [each.name for each in names])
                if self._bound(module):
                    self.taken |= {each.asname or each.name: f"{module}.{each.name}" for each in names}
            case ast.ClassDef():
                yield from self._in_class(statement)

    def _in_import(self, statement: ast.ImportFrom, module: str, names: list[str]) -> Iterator[LostName]:
        if module and self._is_lost(module):
            yield LostName(statement.lineno, module, wanted=tuple(name for name in names if name != "*"))
            return
        for name in names:
            if module and name != "*" and self._lacks(module, name):
                yield LostName(statement.lineno, module, name)

    def _in_class(self, statement: ast.ClassDef) -> Iterator[LostName]:
        for node, owner, name in self._named(statement):
            module, _, class_name = self.taken.get(owner, owner).rpartition(".")
            if owner in self.modules and isinstance(node, ast.Attribute):
                if not self._is_lost(owner) and self._lacks(owner, name):
                    yield LostName(node.lineno, owner, name)
            elif module in self.modules or owner in self.taken:
                found = self._bound(module)
                if found and not found.is_open and found.lacks(class_name, name):
                    yield LostName(node.lineno, f"{module}.{class_name}", name)

    def _named(self, tree: ast.AST | None = None) -> Iterator[tuple[ast.expr, str, str]]:
        """The places that take a name from something: ``blog.fields.ColorField``, ``Color["RED"]``."""
        roots = self.taken.keys() | {module.partition(".")[0] for module in self.modules}
        for node in ast.walk(tree or self.tree) if roots else ():
            match node:
                case ast.Attribute(value=value, attr=name) if _root(value) in roots:
                    yield node, ast.unparse(value), name
                case ast.Subscript(value=value, slice=ast.Constant(value=str() as name)) if _root(value) in roots:
                    yield node, ast.unparse(value), name

    def _module(self, statement: ast.ImportFrom) -> str:
        """The full name of the module that a statement imports from; "" if it can't be determined."""
        parts = self._package.split(".") if statement.level else [""]
        if statement.level and (parts == [""] or statement.level > len(parts)):
            return ""
        above = parts[: len(parts) - statement.level + 1] if statement.level else []
        return ".".join([*above, *filter(None, [statement.module])])

    @cached_property
    def _package(self) -> str:
        """The full name of the package with the migration: ``blog.migrations``."""
        folder = PurePath(self.migration.path).parent
        names = (".".join(folder.parts[-length:]) for length in range(1, len(folder.parts)))
        return next((name for name in names if self._is_package(name, folder)), "")

    def _is_package(self, name: str, folder: PurePath) -> bool:
        found = self.history.module(name, self.migration.path)
        return found is not None and PurePath(found.path) == folder / "__init__.py"

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
            self.known[module] = bound_by(found.path, found.source) if found else None
        return self.known[module]


def _root(node: ast.expr) -> str:
    """The first name of ``a.b.c``; "" for other expressions."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node.id if isinstance(node, ast.Name) else ""
