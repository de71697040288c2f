"""Imported models that are only used in relations: their uses, and the string that replaces them."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from migfix.commands.models.imports import Imported, Modules
from migfix.project.reader import Module
from migfix.source.migration import Span
from migfix.source.text import span_of

_RELATIONS = ("ForeignKey", "OneToOneField", "ManyToManyField", "ParentalKey", "GenericRelation")


@dataclass(frozen=True)
class Target:
    """An import that can be removed: its uses as the target of a relation, and the label to use instead."""

    imported: Imported
    label: str
    uses: tuple[Span, ...]


@dataclass(frozen=True)
class Kept:
    """An import that must stay, and why."""

    imported: Imported
    why: str


def target_of(imported: Imported, modules: Modules) -> Target | Kept:
    """A Target if an import is only used in relations and the label of its model is known, or else a Kept."""
    tree = modules.trees[imported.path]
    if not imported.is_plain:
        return Kept(imported, f"the import of {imported.bound} is inside `if` or `try`")
    if imported.name in ("", "*"):
        shown = imported.name or "the module"
        return Kept(imported, f"line {imported.line} imports {shown} rather than a model")
    uses = _relation_uses(tree, imported.bound)
    reads = [node for node in ast.walk(tree) if isinstance(node, ast.Name) and node.id == imported.bound]
    others = [node.lineno for node in reads if span_of(node) not in uses]
    if others or not uses:
        why = f"line {min(others)} uses {imported.bound} outside a relation" if others else ""
        return Kept(imported, why or f"{imported.bound} isn't the target of a relation here")
    if _is_text(tree, imported.bound) or modules.is_taken(imported.path, imported.bound):
        return Kept(imported, f"other modules import {imported.bound} from this one")
    label = _label(imported.source, imported.name, modules)
    if label is None:
        return Kept(
            imported, f"migfix can't determine the app of {imported.name}: its package needs an AppConfig in apps.py"
        )
    return Target(imported, label, uses)


def _relation_uses(tree: ast.Module, bound: str) -> tuple[Span, ...]:
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _is_relation(node.func):
            given = [*node.args[:1], *(each.value for each in node.keywords if each.arg in ("to", "through"))]
            found += [span_of(each) for each in given if isinstance(each, ast.Name) and each.id == bound]
    return tuple(found)


def _is_relation(func: ast.expr) -> bool:
    name = func.attr if isinstance(func, ast.Attribute) else func.id if isinstance(func, ast.Name) else ""
    return name.endswith(_RELATIONS)


def _is_text(tree: ast.Module, name: str) -> bool:
    """Whether a string is exactly this name, for example in ``__all__``."""
    return any(isinstance(node, ast.Constant) and node.value == name for node in ast.walk(tree))


def _label(module: Module, name: str, modules: Modules) -> str | None:
    """``app.Model`` of a class, followed through modules that re-export it; None if it can't be read."""
    seen: set[str] = set()
    while module.path not in seen:
        seen.add(module.path)
        for node in modules.trees[module.path].body:
            if isinstance(node, ast.ClassDef) and node.name == name:
                app = _configured_app(node) or module.app or modules.project.app_of(module.path)
                return f"{app}.{name}" if app else None
        for each in modules.imports[module.path]:
            if each.bound == name and each.name not in ("", "*"):
                module, name = each.source, each.name
                break
        else:
            stars = [each.source for each in modules.imports[module.path] if each.name == "*"]
            module = next((each for each in stars if _defines(modules, each, name)), module)
    return None


def _defines(modules: Modules, module: Module, name: str) -> bool:
    names = [node.name for node in modules.trees[module.path].body if isinstance(node, ast.ClassDef)]
    return name in names or any(each.bound in (name, "*") for each in modules.imports[module.path])


def _configured_app(node: ast.ClassDef) -> str | None:
    """The ``app_label`` in the Meta of the class."""
    for meta in node.body:
        if isinstance(meta, ast.ClassDef) and meta.name == "Meta":
            for statement in meta.body:
                match statement:
                    case ast.Assign(targets=[ast.Name(id="app_label")], value=ast.Constant(value=str() as label)):
                        return label
    return None
