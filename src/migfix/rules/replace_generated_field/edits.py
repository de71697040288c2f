"""The operations that replace a field by a generated one, or a generated one by a field."""

from __future__ import annotations

from dataclasses import dataclass

from migfix.changes.altered_fields import AlteredField
from migfix.history.fields import Field, names_field
from migfix.rows.functions.opening import opening
from migfix.rows.functions.variables import Variables
from migfix.rows.second_column import demand_unnamed, replace_column
from migfix.source.edits import AddFunction, AddImport, Edit, Insert
from migfix.source.formatting import Code, call, free_name, literal, prefixed, quote_of, render, snake, with_quotes
from migfix.source.migration import Literal, Migration, Operation
from migfix.source.names import spelling
from migfix.source.writer import CannotWrite, Writer, with_arguments


@dataclass(frozen=True)
class Replacement:
    """The code of the operations, the other edits, and what they do."""

    operations: tuple[str, ...]
    edits: tuple[Edit, ...]
    wrote: str


def first_use(each: AlteredField) -> int:
    """The first operation that changes a source of the generated column; the AlterField itself if none does."""
    uses = (index for index, op in enumerate(each.migration.operations[: each.index]) if _changes_source(each, op))
    return next(uses, each.index)


def _changes_source(each: AlteredField, op: Operation) -> bool:
    name = op.text({"RenameField": "old_name"}.get(op.kind, "name"))
    is_change = op.kind in ("RemoveField", "RenameField", "AlterField") and op.model == each.model.key[1]
    return is_change and bool(name) and names_field(each.old.get("expression"), name)


def is_replaced_later(migration: Migration, each: AlteredField, generated: Field) -> bool:
    """Whether a later operation of the file alters the generated field. It then goes before its source."""
    later = migration.operations[each.index + 1 :]
    return any(
        op.kind == "AlterField" and op.model == each.op.model and op.text("name") == generated.name for op in later
    )


def _demand_sources(each: AlteredField) -> None:
    """Raises CannotWrite if the values are computed from a field that is changed before they can be copied."""
    place = first_use(each)
    if place < each.index:
        op = each.migration.operations[place]
        verb = {"RemoveField": "removes", "RenameField": "renames"}.get(op.kind, "alters")
        name = op.text("old_name" if op.kind == "RenameField" else "name")
        raise CannotWrite(f"it is computed from {name}, which line {op.line} {verb} before it")


def _demand_values(each: AlteredField) -> None:
    """Raises CannotWrite if going back may compute NULL for a field that forbids it."""
    expression = each.new.get("expression")
    if each.old.is_true("null") or "Coalesce" in str(expression):
        return
    for field in each.model.fields.values():
        if field.is_true("null") and names_field(expression, field.name):
            raise CannotWrite(f"{field.name} may be NULL, and going back, {each.old.name} may not")


def _demand_no_unique(field: Field) -> None:
    """Raises CannotWrite if rows can't share a value."""
    if field.is_unique:
        raise CannotWrite(f"{field.name} is unique, and rows may share a value that the database computes")


def again(migration: Migration, each: AlteredField, generated: Field) -> tuple[Edit, ...]:
    """Remove a generated field before the operation, and add it after it. Raises CannotWrite."""
    demand_unnamed(each.model, generated)
    writer = Writer(migration, is_its_own=True)
    names = ("model_name", literal(each.model.name.lower())), ("name", literal(generated.name))
    remove = writer.operation("RemoveField", *names)
    add = writer.operation("AddField", *names, ("field", writer.code(generated.value)))
    return (
        Insert(migration.path, ("operations", each.index), remove),
        Insert(migration.path, ("operations", each.index + 1), add),
        *writer.edits,
    )


def to_generated(migration: Migration, each: AlteredField, taken: set[str]) -> Replacement:
    """Remove and add. If the field was an ordinary one, going back computes its values. Raises CannotWrite."""
    demand_unnamed(each.model, each.old)
    _demand_no_unique(each.new)
    writer = Writer(migration, is_its_own=True)
    operations = (_remove(writer, each), _add(writer, each, each.new.name))
    if each.old.kind == each.new.kind:
        return Replacement(operations, tuple(writer.edits), "removes and adds it, so that the database computes it.")
    expression = each.new.get("expression")
    if expression is None:
        raise CannotWrite("its expression can't be read")
    _demand_values(each)
    name = free_name(f"compute_{snake(each.model.name)}_{each.new.name.lower()}", taken)
    taken.add(name)
    comment = "# The column is an ordinary one again."
    function = _function(name, each, comment, each.new.name, writer.code(expression))
    step = _step(writer, migration, _noop(migration), name)
    nullable = with_arguments(each.old.value, null=Literal(True))
    is_stuck = each.old.default is None and not each.old.is_true("null")
    first = [writer.alter_field(each.model.name.lower(), each.old.name, nullable)] if is_stuck else []
    edits = (*_added(migration, function), *writer.edits)
    wrote = f"removes and adds it, so that the database computes it. {name}() does that when going back."
    return Replacement((*first, step, *operations), edits, wrote)


def to_plain(migration: Migration, each: AlteredField, taken: set[str]) -> Replacement:
    """Add a column, copy the values, and let it take the place of the generated one. Raises CannotWrite."""
    demand_unnamed(each.model, each.old)
    _demand_sources(each)
    writer = Writer(migration, is_its_own=True)
    model, field = each.model.name.lower(), each.new.name
    temporary = free_name(f"{field}_copy", set(each.model.fields))
    name = free_name(f"copy_{snake(each.model.name)}_{field.lower()}", taken)
    taken.add(name)
    nullable = with_arguments(each.new.value, null=Literal(True), unique=None, db_index=None, db_column=None)
    alter = writer.alter_field(model, field, each.new.value)
    f = writer.name("django.db.models.F")
    comment = "# The generated column is about to go."
    function = _function(name, each, comment, temporary, f"{f}({literal(field)})")
    step = _step(writer, migration, name, _noop(migration))
    last = () if nullable == each.new.value else (alter,)
    operations = (*replace_column(writer, model, field, temporary, nullable, step), *last)
    wrote = f"{name}() copies its values to a new column, which takes its place."
    return Replacement(operations, (*_added(migration, function), *writer.edits), wrote)


def _remove(writer: Writer, each: AlteredField) -> str:
    names = ("model_name", literal(each.model.name.lower())), ("name", literal(each.new.name))
    return writer.operation("RemoveField", *names)


def _add(writer: Writer, each: AlteredField, name: str) -> str:
    names = ("model_name", literal(each.model.name.lower())), ("name", literal(name))
    return writer.operation("AddField", *names, ("field", writer.code(each.new.value)))


def _noop(migration: Migration) -> str:
    return f"{spelling(migration.imports, 'django.db.migrations.RunPython') or 'migrations.RunPython'}.noop"


def _step(writer: Writer, migration: Migration, code: str, reverse: str) -> str:
    return writer.operation("RunPython", ("code", code), ("reverse_code", reverse))


def _function(name: str, each: AlteredField, comment: str, field: str, value: Code) -> str:
    """A function that writes one column of all rows."""
    variables = Variables((each.model,))
    update = "    " + render(call(f"{variables.rows(each.model)}.update", prefixed(f"{field}=", value)), 4)
    return "\n".join([*opening(name, variables, comment), update, ""])


def _added(migration: Migration, function: str) -> tuple[Edit, ...]:
    code = with_quotes(function, quote_of(migration.source))
    return AddFunction(migration.path, code), AddImport(migration.path, "django.db", "router")
