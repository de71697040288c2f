"""What is known of an operation on a table that may have rows, apart from AlterField."""

from __future__ import annotations

from collections.abc import Iterable

from migfix.changes.judged.constraints import constraint, index_entry, too_long_for_mysql
from migfix.changes.judged.default_rows import own_effects
from migfix.changes.judged.fields import addition, removal
from migfix.changes.judged.judgement import Judgement, Kind, safe, unknown
from migfix.history import History
from migfix.history.fields import names_field, together
from migfix.history.model import Model
from migfix.source.migration import Migration, Operation, Value


def on_rows(op: Operation, model: Model, migration: Migration, history: History, engines: Iterable[str]) -> Judgement:
    """The verdict on an operation that meets rows of ``model``."""
    match op.kind:
        case "AddField":
            return addition(op, model, migration, history, engines)
        case "RemoveField":
            return removal(op, model)
        case "AddIndex" | "AddIndexConcurrently":
            return index_entry(op.arguments.get("index"), model, engines)
        case "AddConstraint" | "AddConstraintNotValid" | "AlterConstraint":
            return _as_written(constraint(op, model, engines), op.arguments.get("constraint"), model, migration)
        case "ValidateConstraint":
            return unknown(f"rows of {model.label} may not meet the constraint")
        case "AlterUniqueTogether":
            more = together(op.arguments.get("unique_together")) - together(model.options.get("unique_together"))
            if not more:
                return safe("it drops constraints only")
            for names in more:
                if why := too_long_for_mysql([model.fields[name] for name in names if name in model.fields], engines):
                    return unknown(why)
            found = safe("no rows are equal in these fields", "MIG111")
            return _as_written(found, op.arguments.get("unique_together"), model, migration)
        case "AlterOrderWithRespectTo" if op.text("order_with_respect_to"):
            return safe("a step of this file numbers the rows", "MIG116")
    if op.kind in _KEEPING_VALUES:
        return safe(_KEEPING_VALUES[op.kind])
    return unknown(f"what {op.kind} does to rows isn't known")


def _as_written(found: Judgement, named: Value | None, model: Model, migration: Migration) -> Judgement:
    """The verdict, unless a data function of the file writes a column that ``named`` names: then it is up to that."""
    columns = {each.column for each in own_effects(migration) if each.model == model.key and each.column}
    if found.rules and any(names_field(named, column) for column in columns):
        return found._replace(kind=Kind.code, why="a step of this file writes the column")
    return found


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
