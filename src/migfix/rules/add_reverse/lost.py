"""Columns and models that a RunPython or RunSQL reads and that are removed later: going back creates them empty."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from migfix.history import History
from migfix.source.migration import Key, Migration, Operation
from migfix.source.parse import syntax_tree


@dataclass(frozen=True)
class Lost:
    """A column (or "" for a whole model) that a later operation removes."""

    model: Key
    column: str
    removed_by: str
    """The line or file that removes it, to be printed."""

    @property
    def label(self) -> str:
        return ".".join((*self.model, self.column) if self.column else self.model)


def lost_after(migration: Migration, index: int, history: History) -> Iterator[Lost]:
    """What later operations of this file and later files remove, by the names that apply at ``index``."""
    renamed: dict[tuple[Key, str], str] = {}
    """Model and new name of a column ("" for the model itself) -> its name at ``index``."""
    for op in migration.operations[index + 1 :]:
        yield from _lost(migration, op, f"line {op.line}", renamed)
    removing = {each.key: each for text in ("RemoveField", "DeleteModel") for each in history.mentioning(text)}
    renaming = {each.key: each for each in history.app(migration.app).values()}
    for key, later in sorted({**renaming, **removing}.items()):
        if key != migration.key and not later.replaces and not history.runs_before(key, migration):
            for op in later.operations:
                yield from _lost(later, op, later.name, renamed)


def _lost(migration: Migration, op: Operation, where: str, renamed: dict[tuple[Key, str], str]) -> Iterator[Lost]:
    for each in (op, *op.database_operations):
        if each.kind == "RenameModel":
            new = (migration.app, each.text("new_name").lower())
            renamed[new, ""] = renamed.pop(((migration.app, each.model), ""), each.model)
        model = (migration.app, renamed.get(((migration.app, each.model), ""), each.model))
        name = renamed.get((model, each.text("name")), each.text("name"))
        if each.kind == "RenameField":
            renamed[model, each.text("new_name")] = renamed.pop((model, each.text("old_name")), each.text("old_name"))
        elif each.kind == "RemoveField":
            yield Lost(model, name, where)
        elif each.kind == "DeleteModel":
            yield Lost(model, "", where)


def reads(code: str, each: Lost, models: frozenset[Key], related: frozenset[Key]) -> bool:
    """Whether a function reads what is lost: ``row.summary``, ``F("summary")``, ``filter(summary__gt=…)``.

    ``models`` are those that it gets, ``related`` those that their relations lead to.
    """
    if each.model not in models:
        is_near = each.column and each.model in related
        return bool(is_near) and each.column in _columns_read_through_relations(syntax_tree(code))
    return not each.column or each.column in _columns_read(syntax_tree(code))


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


def _columns_read_through_relations(tree: ast.AST) -> set[str]:
    """Columns of models that the function reaches through relations: ``comment.post.title``, ``F("post__title")``."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Attribute(), attr=attr, ctx=ast.Load()):
                found.add(attr)
            case ast.Constant(value=str() as text) if "__" in text:
                found.update(text.split("__")[1:])
    return found


_WRITES = frozenset({"update", "create", "get_or_create", "update_or_create"})
