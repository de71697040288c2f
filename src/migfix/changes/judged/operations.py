"""Each operation of a migration with what migfix knows of it: safe on any rows, code of the project, or unknown.

What judges operations on tables with rows is loaded only for files that have one.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib import import_module
from typing import NamedTuple

from migfix.changes.judged.judgement import Judgement, Kind, combined, safe, unknown
from migfix.changes.tables import may_have_rows
from migfix.history import History
from migfix.history.model import Model, by_name, created_model
from migfix.history.state import State
from migfix.source.migration import Dictionary, Literal, Migration, Name, Operation
from migfix.source.names import FORWARD, is_noop


class JudgedOperation(NamedTuple):
    """An operation of a file, without what the rules find."""

    path: str
    line: int
    last_line: int
    operation: str
    """``AddField post.category``."""
    judgement: Judgement
    function: range = range(0)
    """The lines of the function of this file that it runs."""


def judged_operations(migration: Migration, history: History, engines: Iterable[str]) -> Iterator[JudgedOperation]:
    """Every operation of a migration, in order."""
    engines = tuple(engines)
    for index, op, state in history.states(migration):
        found = _judged(index, op, migration, state, history, engines)
        yield JudgedOperation(migration.path, op.line, op.value.span[2], _named(op), found, _function(op, migration))


def _function(op: Operation, migration: Migration) -> range:
    code = op.arguments.get("code")
    function = migration.functions.get(code.dotted) if isinstance(code, Name) else None
    return range(function.first_line, function.first_line + function.code.count("\n") + 1) if function else range(0)


def _named(op: Operation) -> str:
    field = op.text("old_name" if op.kind == "RenameField" else "name") if op.arguments.get("model_name") else ""
    target = ".".join(filter(None, [op.model, field]))
    code = op.arguments.get("code")
    if isinstance(code, Name):
        target = code.dotted
    return " ".join(filter(None, [op.kind or "an operation of another class", target]))


def _judged(
    index: int, op: Operation, migration: Migration, state: State, history: History, engines: tuple[str, ...]
) -> Judgement:
    if op.kind == "":
        return unknown("an operation of another class than Django's isn't read")
    if op.kind in FORWARD:
        return _code(op, migration)
    if op.kind == "SeparateDatabaseAndState":
        inner = [_judged(index, each, migration, state, history, engines) for each in op.database_operations]
        return _apart(inner, op, migration) if inner else safe("it changes the state only")
    if op.kind == "CreateModel" and (proxy := _proxy_before(op, migration, history)):
        return unknown(f"{proxy.label} was a proxy, and the new table has none of its rows")
    if op.kind == "AlterModelOptions" and (why := _managed(op, state.models.get((migration.app, op.model)))):
        return unknown(why)
    if op.kind in _WITHOUT_ROWS:
        return safe(_WITHOUT_ROWS[op.kind])
    model = state.models.get((migration.app, op.model))
    if model is None:
        return unknown(f"the model {op.model} isn't found before it")
    if not may_have_rows(model, migration):
        return safe("its table has no rows yet, or no table belongs to its model")
    if why := import_module("migfix.changes.judged.impossible").impossible(op, model, state, history):
        return unknown(why)
    if op.kind in _SEEN_BY_VIEWS and (why := import_module("migfix.changes.judged.views").view_over(model, history)):
        return unknown(why)
    if op.kind == "AlterField":
        return _altered(index, op, migration, state, history, engines)
    found: Judgement = import_module("migfix.changes.judged.on_rows").on_rows(op, model, migration, history, engines)
    return found


def _apart(inner: list[Judgement], op: Operation, migration: Migration) -> Judgement:
    """The verdict on database_operations. Most rules don't look at them, so that their silence means nothing there."""
    found = combined(inner)
    kinds = {each.kind for top in migration.operations for each in (top, *top.database_operations)}
    if all(each.kind == "RemoveField" for each in op.database_operations) and "AddField" not in kinds:
        return found
    if found.kind is Kind.safe and (unasked := sorted(found.rules - _LOOK_INSIDE)):
        return unknown(f"{', '.join(unasked)} can't look at operations inside SeparateDatabaseAndState")
    return found


_LOOK_INSIDE = {"MIG101"}
"""The rules about rows that look at database_operations, too."""


def _altered(
    index: int, op: Operation, migration: Migration, state: State, history: History, engines: tuple[str, ...]
) -> Judgement:
    altered = import_module("migfix.changes.altered_fields").altered_field(migration, index, op, state, history)
    if altered is None:
        return unknown("the field before or after it can't be read")
    found: Judgement = import_module("migfix.changes.judged.alterations").alteration(altered, history, engines)
    return found


def _managed(op: Operation, model: Model | None) -> str:
    """What isn't known where Django begins or ends to manage the table; "" if that stays."""
    options = op.arguments.get("options")
    if model is None or not isinstance(options, Dictionary):
        return ""
    was, now = (options.get("managed") != Literal(False) for options in (model.options, by_name(options)))
    if was == now:
        return ""
    if now:
        return f"Django manages the table of {model.label} now, and doesn't create it: {model.table} must be there"
    return f"Django doesn't manage the table of {model.label} any more, and leaves {model.table} as it is"


def _proxy_before(op: Operation, migration: Migration, history: History) -> Model | None:
    """The proxy model that the file deletes and creates again with a table of its own."""
    old = history.state_before(migration).models.get((migration.app, op.model))
    return (
        old
        if old and old.options.get("proxy") == Literal(True) and created_model(migration, op).has_own_table
        else None
    )


def _code(op: Operation, migration: Migration) -> Judgement:
    """The verdict on a RunPython or RunSQL."""
    code = op.arguments.get(FORWARD[op.kind])
    if code is None or is_noop(code):
        return safe("it does nothing forward")
    if isinstance(code, Name) and "." in code.dotted:
        return unknown("it runs code that isn't in this file")
    return Judgement(Kind.code, "it runs code of this file")


_SEEN_BY_VIEWS = ("AlterField", "RemoveField", "RenameField", "DeleteModel", "AlterModelTable", "RenameModel")
"""The operations that change or remove what a view may use."""
_WITHOUT_ROWS = {
    "CreateModel": "it makes a new table",
    "AlterModelOptions": "it changes the state only",
    "AlterModelManagers": "it changes the state only",
    "CreateCollation": "it changes no table",
    "RemoveCollation": "it changes no table",
} | {f"{name}Extension": "it changes no table" for name in ("Create", "Bloom", "BtreeGin", "BtreeGist", "CIText")}
_WITHOUT_ROWS |= {f"{name}Extension": "it changes no table" for name in ("Crypto", "HStore", "Trigram", "Unaccent")}
