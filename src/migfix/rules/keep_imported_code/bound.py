"""The names that a module binds, and those in its classes, as far as its text shows them."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache

from migfix.errors import UnreadableFile
from migfix.source.module import names_bound
from migfix.source.parse import parse

_PLAIN_CLASSES = frozenset(
    {"object", "Model", "Enum", "IntEnum", "StrEnum", "Choices", "TextChoices", "IntegerChoices"}
)
_INHERITED = frozenset(
    {"choices", "labels", "values", "names", "objects", "DoesNotExist", "MultipleObjectsReturned", "pk", "mro"}
)


@dataclass(frozen=True)
class Bound:
    """The names that a module binds."""

    names: frozenset[str]
    is_open: bool
    """Whether it may have names that its text doesn't show."""
    members: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Class -> the names in it, for the classes whose text shows them all."""

    def lacks(self, class_name: str, name: str) -> bool:
        """Whether a class of the module surely doesn't have a name."""
        members = self.members.get(class_name)
        return members is not None and name not in members | _INHERITED and not name.startswith("_")


@cache
def bound_by(path: str, source: bytes) -> Bound:
    """What a module binds. Anything may be in one that can't be parsed."""
    try:
        tree = parse(path, source)
    except UnreadableFile:
        return Bound(frozenset(), is_open=True)
    is_open = any(map(_is_dynamic, ast.walk(tree))) or any(map(_is_conditional, tree.body))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and _is_plain(node)]
    return Bound(names_bound(tree), is_open, {each.name: names_bound(each) for each in classes})


def _is_plain(node: ast.ClassDef) -> bool:
    """Whether a class has no names but those in its body and those of Django and Python."""
    bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
    is_written_out = not any(map(_is_conditional, node.body))
    return is_written_out and not node.decorator_list and not node.keywords and bases <= _PLAIN_CLASSES


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
