"""Whether an app is installed, according to a literal INSTALLED_APPS."""

from __future__ import annotations

import ast
from collections.abc import Callable
from functools import cache
from pathlib import Path

from migfix.project.files import read_bytes
from migfix.project.installed import module_source, packages
from migfix.project.settings import settings_module, statements


def is_listed(root: Path, label: str, is_own: Callable[[str], bool]) -> bool | None:
    """Whether the settings install an app called ``label``; None if that can't be told from their text.

    ``is_own`` tells whether a module is part of the project. The labels of those apps must be known otherwise.
    """
    entries = _entries(root)
    if entries is None:
        return None
    visible = {each.module for each in packages(root)}
    is_sure = True
    for entry in entries:
        name = entry.partition(".apps.")[0]
        if name.rpartition(".")[2] == label:
            return True
        is_known = name.startswith("django.contrib.") or is_own(name) or name in visible
        is_sure = is_sure and (is_known or module_source(root, name) is not None)
    return False if is_sure else None


def is_called(folder: Path, root: Path) -> bool:
    """Whether the settings surely install the app in a folder under the folder's name: no AppConfig has a label."""
    config = folder / "apps.py"
    if config.is_file() and b"label" in read_bytes(config):
        return False
    names = [entry.partition(".apps.")[0] for entry in _entries(root) or ()]
    return any(root.joinpath(*name.split(".")) == folder for name in names)


@cache
def _entries(root: Path) -> list[str] | None:
    """The apps in INSTALLED_APPS; None if it isn't one literal list."""
    module = settings_module(root)
    found: list[str] | None = None
    for node in statements(root, module) if module else ():
        match node:
            case ast.Assign(
                targets=[ast.Name(id="INSTALLED_APPS")], value=ast.List(elts=items) | ast.Tuple(elts=items)
            ):
                texts = [each.value for each in items if isinstance(each, ast.Constant) and isinstance(each.value, str)]
                found = texts if len(texts) == len(items) else None
            case _ if any(isinstance(each, ast.Name) and each.id == "INSTALLED_APPS" for each in ast.walk(node)):
                return None
    return found
