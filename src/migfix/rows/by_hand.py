"""Rows that a migration already makes itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migfix.history import History
from migfix.history.state import Model
from migfix.model import Key, Literal, Migration, Name, Operation, Value
from migfix.source.sql import statements

if TYPE_CHECKING:
    from migfix.source.effects import Effect


def makes_row(history: History, migration: Migration, index: int, target: Model, by: str | None, key: Value) -> bool:
    """Whether a RunPython or RunSQL makes the row of ``target`` whose primary key, or field ``by``, is ``key``, or may.

    That is one between the CreateModel of ``target`` and operation ``index``.
    """
    new = [each for each in history.before(migration) if each.key == target.made_by or history.is_new(each)]
    steps = [(each, op) for each in new for op in each.walk()]
    steps += [(migration, op) for top in migration.operations[:index] for op in (top, *top.inner)]
    return any(_makes(each, op, target, by, key) for each, op in steps)


def _makes(migration: Migration, op: Operation, target: Model, by: str | None, key: Value) -> bool:
    if op.kind == "RunPython":
        from migfix.source.effects import effects

        code = op.arguments.get("code")
        found = effects(migration, code.dotted) if isinstance(code, Name) else ()
        return any(
            each.model == target.key
            and each.kind in ("create", "ensure", "derive")
            and not each.column
            and not _is_another(each, target, by, key)
            for each in found
        )
    if op.kind == "RunSQL":
        insert = re.compile(rf"\b(insert|replace|copy)\b[^;]*\b{re.escape(target.table)}\b", re.IGNORECASE)
        return any(insert.search(text) for text in statements(op.arguments.get("sql")) or ())
    return False


def _is_another(made: Effect, target: Model, by: str | None, key: Value) -> bool:
    """Whether the row that is made says another key than the one that is needed."""
    primary = {"pk", *(name for name, each in target.fields.items() if each.is_true("primary_key"))}
    names = primary if by is None or by in primary else {by}
    said = [value for name, value in made.given if name in names]
    return isinstance(key, Literal) and bool(said) and str(key.value) not in map(str, said)


def writes_column(migration: Migration, model: Key, column: str, before: int | None = None) -> bool:
    """Whether a RunPython or RunSQL of the migration, up to operation ``before``, gives ``column`` values, or may."""
    steps = [each for op in migration.operations[:before] for each in (op, *op.database_operations)]
    return any(_writes(migration, op, model, column) for op in steps)


def _writes(migration: Migration, op: Operation, model: Key, column: str) -> bool:
    if op.kind == "RunPython":
        from migfix.source.effects import effects
        from migfix.source.lookups import models_named

        code = op.arguments.get("code")
        if not isinstance(code, Name) or code.dotted not in migration.functions:
            return False
        found = [each for each in effects(migration, code.dotted) if each.kind not in ("create", "ensure", "delete")]
        if any(each.model == model and each.column in (column, f"{column}_id", "") for each in found):
            return True
        return any(each.model is None for each in found) and model in models_named(migration, code)
    texts = " ".join(statements(op.arguments.get("sql")) or ()) if op.kind == "RunSQL" else ""
    return re.search(rf"\bupdate\b.*\b{re.escape(column)}(_id)?\b", texts, re.IGNORECASE | re.DOTALL) is not None
