"""Where the code of a project names migrations: ``("authors", "0002_age")``, ``"authors.migrations.0002_age"``."""

from __future__ import annotations

import ast
import re
from collections.abc import Container, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

from migfix.errors import UnreadableFile
from migfix.project.files import read_bytes, walk
from migfix.source.migration import Key
from migfix.source.parse import parse


class Mention(NamedTuple):
    """A place in a file that names a migration."""

    path: str
    line: int
    name: str


def python_files(root: Path) -> Iterator[Path]:
    """The Python files of a project."""
    for folder, files in walk(root):
        yield from (folder / name for name in sorted(files) if name.endswith(".py"))


def mentions(source: bytes, path: str, keys: Iterable[Key]) -> Iterator[Mention]:
    """Where a file names one of ``keys``: app and name next to each other, or in a dotted name."""
    keys = {key for key in keys if key[1].encode() in source}
    if not keys:
        return
    try:
        tree = parse(path, source)
    except UnreadableFile:
        return
    yield from sorted(set(_in_tree(tree, path, keys)))


def _in_tree(tree: ast.Module, path: str, keys: set[Key]) -> Iterator[Mention]:
    for node in ast.walk(tree):
        match node:
            case ast.Tuple(elts=items) | ast.List(elts=items) | ast.Call(args=items):
                texts = [each.value if isinstance(each, ast.Constant) else None for each in items]
                for line, key in zip(items[1:], pairwise(texts), strict=False):
                    if key in keys:
                        yield Mention(path, line.lineno, str(key[1]))
            case ast.Constant(value=str() as text) if "." in text:
                parts = text.split(".")
                if len(parts) > 2 and (parts[-3], parts[-1]) in keys:
                    yield Mention(path, node.lineno, parts[-1])


def mentions_below(root: Path, keys: Iterable[Key], but: Container[str]) -> Iterator[Mention]:
    """Every mention in the project, except in the files ``but``."""
    keys = tuple(keys)
    for path in python_files(root):
        if str(path) not in but:
            yield from mentions(read_bytes(path), str(path), keys)


def defining(root: Path, name: str) -> list[str]:
    """The modules of a project with a class, a function or a constant of that name at module level."""
    pattern = re.compile(rf"^((class|def|async\s+def)\s+)?{re.escape(name)}\s*[:(=]".encode(), re.MULTILINE)
    found = (path for path in python_files(root) if pattern.search(read_bytes(path)))
    dotted = (path.relative_to(root).with_suffix("").parts for path in found)
    return sorted(".".join(parts).removesuffix(".__init__") for parts in dotted if "migrations" not in parts)
