"""Rows that a migration already creates itself."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from migfix.history import History
from migfix.history.model import Model
from migfix.source.data_functions.effects import effects
from migfix.source.data_functions.lookups import called_functions, models_named
from migfix.source.data_functions.sql import statements
from migfix.source.migration import Call, Key, Literal, Migration, Name, Opaque, Operation, Value
from migfix.source.text import text_between

Given = Mapping[str, object]
"""What is known about a row that is created: column -> constant; empty if it can't be read."""


def rows_made(history: History, migration: Migration, index: int, target: Model) -> list[Given]:
    """The rows that RunPython and RunSQL create between the CreateModel of ``target`` and operation ``index``."""
    new = [each for each in history.before(migration) if each.key == target.made_by or history.is_new(each)]
    steps = [(each, op) for each in new for op in each.walk()]
    steps += [(migration, op) for top in migration.operations[:index] for op in (top, *top.inner)]
    return [given for each, op in steps for given in _made(each, op, target)]


def _made(migration: Migration, op: Operation, target: Model) -> Iterator[Given]:
    if op.kind == "RunPython":
        code = op.arguments.get("code")
        for each in effects(migration, code.dotted) if isinstance(code, Name) else ():
            if (
                each.model == target.key
                and each.kind in ("create", "ensure", "derive", "accumulate")
                and not each.column
            ):
                yield dict(each.given)
    if op.kind == "RunSQL":
        insert = re.compile(rf"\b(insert|replace|copy)\b[^;]*\b{re.escape(target.table)}\b", re.IGNORECASE)
        yield from ({} for text in statements(op.arguments.get("sql")) or () if insert.search(text))


def may_be(given: Given, target: Model, by: str | None, key: Value) -> bool:
    """Whether a created row can be the one of ``target`` whose primary key, or field ``by``, is ``key``."""
    primary = {"pk", *(name for name, each in target.fields.items() if each.is_true("primary_key"))}
    key_names = given.keys() & (primary if by is None or by in primary else {by})
    return (
        not isinstance(key, Literal) or not key_names or any(str(given[name]) == str(key.value) for name in key_names)
    )


def writes_column(migration: Migration, model: Key, column: str, before: int | None = None) -> bool:
    """Whether a RunPython or RunSQL before operation ``before`` gives, or may give, ``column`` values."""
    steps = [each for op in migration.operations[:before] for each in (op, *op.database_operations)]
    return any(_writes(migration, op, model, column) for op in steps)


def _writes(migration: Migration, op: Operation, model: Key, column: str) -> bool:
    if op.kind == "RunPython":
        code = op.arguments.get("code")
        if isinstance(code, Call | Opaque):
            return _names(migration, code, model)
        if not isinstance(code, Name) or code.dotted not in migration.functions:
            return False
        found = [each for each in effects(migration, code.dotted) if each.kind not in ("create", "ensure", "delete")]
        if any(each.model == model and each.column in (column, f"{column}_id", "") for each in found):
            return True
        return any(each.model is None for each in found) and model in models_named(migration, code)
    texts = " ".join(statements(op.arguments.get("sql")) or ()) if op.kind == "RunSQL" else ""
    return re.search(rf"\bupdate\b.*\b{re.escape(column)}(_id)?\b", texts, re.IGNORECASE | re.DOTALL) is not None


def _names(migration: Migration, code: Call | Opaque, model: Key) -> bool:
    """Whether a callable object such as ``AddDefaultUUIDs("blog", "post")`` is passed the model's name."""
    words = re.findall(r"\w+", text_between(migration.source, code.span).lower())
    return model[1] in words


def deletes_rows_without(migration: Migration, model: Key, column: str, before: int) -> bool:
    """Whether a RunPython or RunSQL before operation ``before`` deletes the rows that have NULL in ``column``."""
    is_null = re.compile(rf"\b{re.escape(column)}(_id)?(__isnull\s*=\s*True|\s*=\s*None|\s+is\s+null)", re.IGNORECASE)
    for op in migration.operations[:before]:
        code = op.arguments.get("code")
        if isinstance(code, Name) and code.dotted in migration.functions:
            found = [each for each in effects(migration, code.dotted) if each.kind == "delete" and not each.column]
            is_deleting = any(each.model == model for each in found)
            functions = called_functions(migration, {code.dotted})
            if is_deleting and any(is_null.search(function.code) for function in functions):
                return True
        texts = statements(op.arguments.get("sql")) or () if op.kind == "RunSQL" else ()
        if any(re.match(r"\s*delete\b", text, re.IGNORECASE) and is_null.search(text) for text in texts):
            return True
    return False
