"""The functions of one migration with everything that they need, as code for another file."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass

from migfix.source.data_functions.lookups import called_functions
from migfix.source.edits import AddImport
from migfix.source.migration import Migration
from migfix.source.parse import syntax_tree
from migfix.source.text import assignment_of, names_read, text_between
from migfix.splitting.follow_up import constants_for


class CannotCopy(Exception):
    """Why a function can't be copied."""


@dataclass(frozen=True)
class Copied:
    """The code of functions and constants, and their imports."""

    code: str
    names: dict[str, str]
    """Name in the old file -> name in the new one."""
    imports: tuple[AddImport, ...]


def copied(source: Migration, wanted: set[str], target: Migration, taken: set[str]) -> Copied:
    """The functions ``wanted`` of ``source`` for ``target``, with names that aren't ``taken``. Raises CannotCopy."""
    lost = sorted(wanted - source.functions.keys())
    if lost:
        raise CannotCopy(f"{source.name} has no function {lost[0]}")
    functions = called_functions(source, wanted)
    text = "\n\n\n".join(each.code for each in functions)
    constants = constants_for(source, text)
    blocks = [text_between(source.source, assignment_of(source.source, name)) for name in constants]
    whole = "\n\n\n".join(filter(None, ["\n".join(blocks), text]))
    own = {each.name for each in functions} | set(constants)
    imports = _imports(source, whole, own, target)
    names = {name: _free(name, source, taken) for name in own}
    for old, new in names.items():
        if old != new and re.search(rf"[.\"']{re.escape(old)}\b|\b{re.escape(old)}=", whole):
            raise CannotCopy(f"{old} of {source.name} has the name of something else in this file")
        whole = re.sub(rf"\b{re.escape(old)}\b", new, whole) if old != new else whole
    return Copied(whole, names, imports)


def _free(name: str, source: Migration, taken: set[str]) -> str:
    """The name, with the number of its migration if something else has it."""
    return name if name not in taken else f"{name}_{source.name.partition('_')[0]}"


def _imports(source: Migration, code: str, own: set[str], target: Migration) -> tuple[AddImport, ...]:
    """The imports that the code needs and the target doesn't have."""
    read = set(names_read(code)) & (source.bound | _bound_otherwise(source)) - own
    found = []
    for name in sorted(read):
        each = next((each for each in source.imports if each.bound == name), None)
        if each is None or name in _bound_otherwise(source):
            raise CannotCopy(f"its functions use {name}, which {source.name} defines in another way")
        if any(other[:3] == each[:3] for other in target.imports):
            continue
        if name in target.bound or each.module.startswith(".") or name not in (each.name, each.module.split(".")[0]):
            raise CannotCopy(f"{source.name} has `{each.code}`, which can't be added here")
        found.append(AddImport(target.path, each.module, each.name))
    return tuple(found)


def _bound_otherwise(source: Migration) -> set[str]:
    """The names that the file binds in a ``try`` or under a condition."""
    blocks = (node for node in syntax_tree(source.source).body if isinstance(node, ast.If | ast.Try | ast.With))
    nodes = [each for block in blocks for each in ast.walk(block)]
    imports = (node for node in nodes if isinstance(node, ast.Import | ast.ImportFrom))
    names = {alias.asname or alias.name for node in imports for alias in node.names}
    return names | {node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.ClassDef)}
