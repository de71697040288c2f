"""Each operation of a migration with what migfix knows of it: safe on any rows, code of the project, or unknown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from migfix.changes.altered_fields import AlteredField, altered_fields
from migfix.changes.judged_alterations import alteration
from migfix.changes.judged_constraints import constraint, index_entry
from migfix.changes.judged_fields import addition, removal
from migfix.changes.judgement import Judgement, Kind, combined, safe, unknown
from migfix.changes.tables import may_have_rows
from migfix.history import History
from migfix.history.fields import together
from migfix.history.model import Model
from migfix.history.state import State
from migfix.source.migration import Migration, Name, Operation
from migfix.source.names import FORWARD, is_noop


@dataclass(frozen=True)
class JudgedOperation:
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
    altered = {each.index: each for each in altered_fields(migration, history)}
    for index, op, state in history.states(migration):
        found = _judged(op, migration, state, altered.get(index), history, engines)
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
    op: Operation,
    migration: Migration,
    state: State,
    altered: AlteredField | None,
    history: History,
    engines: tuple[str, ...],
) -> Judgement:
    if op.kind == "":
        return unknown("an operation of another class than Django's isn't read")
    if op.kind in FORWARD:
        return _code(op, migration)
    if op.kind == "SeparateDatabaseAndState":
        inner = [_judged(each, migration, state, None, history, engines) for each in op.database_operations]
        return combined(inner) if inner else safe("it changes the state only")
    if op.kind in _WITHOUT_ROWS:
        return safe(_WITHOUT_ROWS[op.kind])
    model = state.models.get((migration.app, op.model))
    if model is None:
        return unknown(f"the model {op.model} isn't found before it")
    if not may_have_rows(model, migration):
        return safe("its table has no rows yet, or no table belongs to its model")
    if op.kind == "AlterField" and altered is None:
        return unknown("the field before or after it can't be read")
    return alteration(altered, history, engines) if altered else _on_rows(op, model, history)


def _code(op: Operation, migration: Migration) -> Judgement:
    """The verdict on a RunPython or RunSQL."""
    code = op.arguments.get(FORWARD[op.kind])
    if code is None or is_noop(code):
        return safe("it does nothing forward")
    if isinstance(code, Name) and "." in code.dotted:
        return unknown("it runs code that isn't in this file")
    return Judgement(Kind.code, "it runs code of this file")


def _on_rows(op: Operation, model: Model, history: History) -> Judgement:
    """The verdict on an operation that meets rows of ``model``."""
    match op.kind:
        case "AddField":
            return addition(op, model, history)
        case "RemoveField":
            return removal(op, model)
        case "AddIndex" | "AddIndexConcurrently":
            return index_entry(op.arguments.get("index"), model)
        case "AddConstraint" | "AddConstraintNotValid" | "AlterConstraint":
            return constraint(op, model)
        case "ValidateConstraint":
            return unknown(f"rows of {model.label} may not meet the constraint")
        case "AlterUniqueTogether":
            has_more = together(op.arguments.get("unique_together")) - together(model.options.get("unique_together"))
            return safe("no rows are equal in these fields" if has_more else "it drops constraints only", "MIG111")
        case "AlterOrderWithRespectTo" if op.text("order_with_respect_to"):
            return safe("a step of this file numbers the rows", "MIG116")
    if op.kind in _KEEPING_VALUES:
        return safe(_KEEPING_VALUES[op.kind])
    return unknown(f"what {op.kind} does to rows isn't known")


_WITHOUT_ROWS = {
    "CreateModel": "it makes a new table",
    "AlterModelOptions": "it changes the state only",
    "AlterModelManagers": "it changes the state only",
    "CreateCollation": "it changes no table",
    "RemoveCollation": "it changes no table",
} | {f"{name}Extension": "it changes no table" for name in ("Create", "Bloom", "BtreeGin", "BtreeGist", "CIText")}
_WITHOUT_ROWS |= {f"{name}Extension": "it changes no table" for name in ("Crypto", "HStore", "Trigram", "Unaccent")}

_KEEPING_VALUES = {
    "DeleteModel": "it removes the table with its rows, as written",
    "RenameModel": "the table keeps its rows",
    "RenameField": "the column keeps its values",
    "AlterModelTable": "the table keeps its rows",
    "AlterModelTableComment": "the table keeps its rows",
    "AlterOrderWithRespectTo": "it removes the order of the rows, as written",
    "AlterIndexTogether": "indexes don't change rows",
    "RemoveIndex": "indexes don't change rows",
    "RemoveIndexConcurrently": "indexes don't change rows",
    "RenameIndex": "indexes don't change rows",
    "RemoveConstraint": "it drops a constraint only",
}
