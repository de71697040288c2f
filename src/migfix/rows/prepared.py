"""Whether the author of a migration prepares the rows of a column: a data step before the operation writes it."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache

from migfix.history import History
from migfix.history.model import Model
from migfix.rows.placeholder_rows.made_by_steps import deletes_rows_without, writes_column
from migfix.source.data_functions.effects import effects
from migfix.source.data_functions.lookups import called_functions, models_named
from migfix.source.migration import Migration, Name, Operation
from migfix.source.text import text_between


def is_filled(migration: Migration, index: int, model: Model, column: str, history: History, rule: str = "") -> bool:
    """Whether an operation before ``index``, in this file or an earlier one, writes the column or deletes rows.

    With ``rule``, steps that another rule added for something else don't count.
    """
    own, end = _without_steps_of_others(migration, index, rule)
    names = _names_until(own, end, model, column)
    if any(_may_write(own, op, model) for op in own.operations[:end]):
        return True
    if any(writes_column(own, model.key, name, end) for name in names):
        return True
    if deletes_rows_without(own, model.key, column, end):
        return True
    return any(
        writes_column(each, model.key, name) or any(_may_write(each, op, model) for op in each.operations)
        for name in names
        for each in _with_steps(migration, name, history)
    )


def _names_until(migration: Migration, index: int, model: Model, column: str) -> list[str]:
    """The names that a column has in this file up to operation ``index``, the last one first."""
    names = [column]
    for op in reversed(migration.operations[:index]):
        if op.kind == "RenameField" and op.model == model.key[1] and op.text("new_name") == names[-1]:
            names.append(op.text("old_name"))
    return names


def is_cleaned(migration: Migration, index: int, model: Model, column: str, history: History, rule: str) -> bool:
    """Whether a step before ``index`` writes the column or deletes rows, in this file or in one that isn't deployed.

    Steps that another rule than ``rule`` added don't count, if they prepare the rows for something else.
    """
    own, end = _without_steps_of_others(migration, index, rule)
    if is_filled_here(own, end, model, column):
        return True
    new = (each for each in _with_steps(migration, column, history) if history.is_new(each))
    return any(is_filled_here(each, len(each.operations), model, column) for each in new)


def _without_steps_of_others(migration: Migration, index: int, rule: str) -> tuple[Migration, int]:
    """The migration with the operations before ``index`` that no other rule than ``rule`` added, and their number."""
    kept = tuple(each for each in migration.operations[:index] if not (rule and _is_of_another(migration, each, rule)))
    return (migration if len(kept) == index else replace(migration, operations=kept)), len(kept)


def is_filled_here(migration: Migration, index: int, model: Model, column: str) -> bool:
    """Whether an operation of this file before ``index`` writes the column, deletes rows, or stops at some."""
    if writes_column(migration, model.key, column, index):
        return True
    return any(
        _may_write(migration, op, model) or _deletes(migration, op, model) or _stops(migration, op, model, column)
        for op in migration.operations[:index]
    )


_FACETS = {
    "MIG103": ("The column is about to forbid NULL.",),
    "MIG110": (
        "All text must be readable as ",
        "The column is about to hold ",
        "SQLite stores dates as text",
        "SQLite keeps the time of day",
        "Not every database can turn a boolean",
        "PostgreSQL has no cast between arrays",
    ),
    "MIG111": ("Two rows must not have the same ", "Rows without a value must not share ''"),
    "MIG112": ("The condition that follows must hold ", "The stored value changes with the choice."),
}
"""The rules that prepare rows for one change of a column each, and how the comments in their functions begin.

An operation may make several such changes.
"""


def _is_of_another(migration: Migration, op: Operation, rule: str) -> bool:
    """Whether one of these rules added the step, in this run or an earlier one, and another one asks."""
    code = op.arguments.get("code")
    if not isinstance(code, Name) or code.dotted not in migration.functions:
        return False
    comments = re.findall(r"^\s+# (.*)", migration.functions[code.dotted].code, re.MULTILINE)[:1]
    written = (each for each, begins in _FACETS.items() if any(line.startswith(begins) for line in comments))
    by = migration.added.get(code.dotted) or next(written, rule)
    return by in _FACETS and by != rule


def _with_steps(migration: Migration, column: str, history: History) -> list[Migration]:
    return [
        each
        for each in history.before(migration)
        if _has_steps(each) and (each.app == migration.app or column.encode() in each.source)
    ]


@cache
def _has_steps(migration: Migration) -> bool:
    """Whether a migration has operations other than Django's schema operations."""
    steps = ("", "RunPython", "RunSQL", "SeparateDatabaseAndState")
    return any(op.kind in steps for op in migration.operations)


def _may_write(migration: Migration, op: Operation, model: Model) -> bool:
    """Whether this is a custom operation that names the model."""
    return not op.kind and model.name.lower() in text_between(migration.source, op.value.span).lower()


def _stops(migration: Migration, op: Operation, model: Model, column: str) -> bool:
    """Whether this is a data function that looks at the column and raises an error, or does what can't be followed."""
    code = op.arguments.get("code")
    if not isinstance(code, Name) or code.dotted not in migration.functions:
        return False
    text = "\n".join(each.code for each in called_functions(migration, {code.dotted}))
    if not re.search(rf"\b{re.escape(column)}\b", text):
        return False
    if "raise " in text and model.key in models_named(migration, code):
        return True
    return any(each.kind == "unknown" and each.model in (model.key, None) for each in effects(migration, code.dotted))


def _deletes(migration: Migration, op: Operation, model: Model) -> bool:
    code = op.arguments.get("code")
    if op.kind == "RunSQL":
        text = text_between(migration.source, op.value.span).lower()
        return "delete" in text and model.table.lower() in text
    if not isinstance(code, Name) or code.dotted not in migration.functions:
        return False
    found = [each for each in effects(migration, code.dotted) if each.kind == "delete" and not each.column]
    return any(each.model == model.key for each in found)
