"""What a data step reads and going back makes anew, empty: columns and models that are removed after it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from migfix.history import History
from migfix.model import Key, Migration, Operation


@dataclass(frozen=True)
class Lost:
    """A column (or "" for a whole model) that an operation after the step removes."""

    model: Key
    column: str
    removed_by: str
    """Where, for a person."""

    @property
    def label(self) -> str:
        return ".".join((*self.model, self.column) if self.column else self.model)


def lost_after(migration: Migration, index: int, history: History) -> Iterator[Lost]:
    """What later operations of the file remove, and those of files of the app that come after it."""
    for op in migration.operations[index + 1 :]:
        yield from _lost(migration, op, f"line {op.line}")
    earlier = {each.key for each in history.before(migration)} | {migration.key}
    for later in history.app(migration.app).values():
        if later.key not in earlier and not later.replaces:
            for op in later.operations:
                yield from _lost(later, op, later.name)


def _lost(migration: Migration, op: Operation, where: str) -> Iterator[Lost]:
    for each in (op, *op.database_operations):
        if each.kind == "RemoveField":
            yield Lost((migration.app, each.model), each.text("name"), where)
        elif each.kind == "DeleteModel":
            yield Lost((migration.app, each.model), "", where)


def reads(code: str, each: Lost, models: frozenset[Key]) -> bool:
    """Whether a function reads what is lost: ``row.summary``, ``F("summary")``, ``filter(summary__gt=…)``."""
    if each.model not in models:
        return False
    return not each.column or each.column in _columns_read(ast.parse(code))


def _columns_read(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=attr, ctx=ast.Load()):
                found |= {attr, attr.removesuffix("_id")}
            case ast.Constant(value=str() as text):
                found |= {part.lstrip("-").removesuffix("_id") for part in (text, text.partition("__")[0])}
                found |= {text.lstrip("-")}
            case ast.Call(func=func, keywords=keywords) if ast.unparse(func).rpartition(".")[2] not in _WRITES:
                found |= {each.arg.partition("__")[0] for each in keywords if each.arg}
    return found


_WRITES = frozenset({"update", "create", "get_or_create", "update_or_create"})
