"""Literal values in a project's settings, which are read and not imported."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path

from migfix.project.facts import Facts
from migfix.project.files import read_bytes
from migfix.source.migration import Key
from migfix.source.parse import parse


def settings_module(root: Path) -> str | None:
    """The settings module that manage.py names; None if there is none."""
    manage = root / "manage.py"
    if not manage.is_file():
        return None
    for node in ast.walk(parse(str(manage), read_bytes(manage))):
        match node:
            case (
                ast.Call(args=[ast.Constant(value="DJANGO_SETTINGS_MODULE"), ast.Constant(value=str() as module)])
                | ast.Assign(
                    targets=[ast.Subscript(slice=ast.Constant(value="DJANGO_SETTINGS_MODULE"))],
                    value=ast.Constant(value=str() as module),
                )
            ):
                return module
    return None


def statements(root: Path, module: str, depth: int = 5) -> Iterator[ast.stmt]:
    """The statements of a module, with those of its ``import *`` modules in their place."""
    path = root / Path(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if not depth or not path.is_file():
        return
    for node in parse(str(path), read_bytes(path)).body:
        match node:
            case ast.ImportFrom(module=str() | None as name, names=[ast.alias(name="*")], level=level):
                package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
                parts = package[: len(package) - level + 1] if level else []
                yield from statements(root, ".".join([*parts, *([name] if name else [])]), depth - 1)
            case _:
                yield node


def _models_in(statements: Iterable[ast.stmt]) -> dict[str, Key]:
    """AUTH_USER_MODEL and other literal settings that name a model."""
    found: dict[str, Key] = {}
    for node in statements:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str() as text)) if (
                name.endswith("_MODEL") and text.count(".") == 1
            ):
                found[name] = (text.partition(".")[0], text.partition(".")[2].lower())
    return found


def _databases_in(statements: Iterable[ast.stmt]) -> frozenset[str]:
    """The literal aliases in DATABASES."""
    found: set[str] = set()
    for node in statements:
        match node:
            case ast.Assign(targets=[ast.Name(id="DATABASES")], value=ast.Dict(keys=keys)):
                found = {key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)}
            case ast.Assign(
                targets=[ast.Subscript(value=ast.Name(id="DATABASES"), slice=ast.Constant(value=str() as alias))]
            ):
                found.add(alias)
    return frozenset(found)


def _modules_in(statements: Iterable[ast.stmt]) -> dict[str, str]:
    """The literal MIGRATION_MODULES: label -> dotted module."""
    found: dict[object, object] = {}
    for node in statements:
        match node:
            case ast.Assign(targets=[ast.Name(id="MIGRATION_MODULES")], value=ast.Dict(keys=keys, values=values)):
                found = {
                    key.value: value.value
                    for key, value in zip(keys, values, strict=True)
                    if isinstance(key, ast.Constant) and isinstance(value, ast.Constant)
                }
    return {label: module for label, module in found.items() if isinstance(label, str) and isinstance(module, str)}


def _mentions_user(root: Path, module: str) -> bool:
    """Whether the settings or files next to them mention AUTH_USER_MODEL. True if there are no such files."""
    path = root.joinpath(*module.split("."))
    files = [*path.glob("*.py"), *path.parent.glob("*.py")]
    return not files or any(b"AUTH_USER_MODEL" in read_bytes(each) for each in files if each.is_file())


def with_inferred(facts: Facts, root: Path) -> Facts:
    """``facts`` with the models, databases and modules that the settings name literally, unless they were configured.

    AUTH_USER_MODEL is ``auth.User`` if the settings don't mention it.
    """
    module = settings_module(root)
    found = list(statements(root, module)) if module else []
    swapped = {**_models_in(found), **facts.swapped}
    user = facts.auth_user or swapped.get("AUTH_USER_MODEL")
    if not user and module and not _mentions_user(root, module):
        user = ("auth", "user")
    modules = {**_modules_in(found), **facts.migration_modules}
    databases = facts.databases or _databases_in(found)
    return replace(facts, auth_user=user, swapped=swapped, databases=databases, migration_modules=modules)
