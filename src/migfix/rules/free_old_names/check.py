"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.findings.words import listed
from migfix.history import History
from migfix.history.fields import Field
from migfix.history.model import Model
from migfix.rules.free_old_names import RULE
from migfix.rules.free_old_names.left_tables import LeftTable, left_tables
from migfix.rules.free_old_names.names import Named, is_indexed, named
from migfix.source.edits import Edit, Insert
from migfix.source.formatting import literal
from migfix.source.migration import Literal, Migration, Operation, Value
from migfix.source.writer import CannotWrite, Writer, with_arguments

_REFUSED = "Give the new model another table: set db_table in its Meta class, and run makemigrations again."


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Make the indexes and constraints of the renamed table again, before its old name is used."""
    for migration in migrations:
        found = next(_found(migration, history), None)  # the next round finds the next model
        if found:
            yield found


def _found(migration: Migration, history: History) -> Iterator[Finding]:
    after = history.state_after(migration)
    for index, op, state in history.states(migration):
        if op.kind != "CreateModel":
            continue
        new = after.models.get((migration.app, op.model))
        for left in left_tables(migration, index, history) if new and new.has_own_table else ():
            old = state.models.get(left.now)
            if old is None or new is None or left.before.table != new.table or old.table == new.table:
                continue
            wanted = {each[:2] for each in named(new)}
            still = {each[:2] for each in named(old)}
            by_field = {each.field: each for each in named(left.before) if each[:2] in wanted & still}
            taken = list(by_field.values())
            taken = [each for each in taken if history.facts.may_run_on(*each.engines)]
            taken = [each for each in taken if not _is_made_again(migration, index, old, each)]
            if taken:
                yield _finding(migration, index, op, left, old, taken)


def _is_made_again(migration: Migration, index: int, old: Model, each: Named) -> bool:
    """Whether the file alters the field or the option between the renaming and the new model."""
    for op in migration.operations[:index]:
        is_option = op.kind in ("AlterUniqueTogether", "AlterIndexTogether") and each.field in op.arguments
        is_field = op.kind == "AlterField" and op.text("name") == each.field
        if op.model == old.name.lower() and (is_option or is_field):
            return True
    return False


def _finding(
    migration: Migration, index: int, op: Operation, left: LeftTable, old: Model, taken: list[Named]
) -> Finding:
    place = RULE.code, migration.path, op.line
    named_by = listed([each.field for each in taken])
    why = (
        f"the table {left.before.table} was renamed to {old.table} in {left.in_file}, and its indexes and constraints "
        f"on {named_by} keep their names: the new table can't have them a second time."
    )
    links = [each.field for each in taken if each.kind == "links"]
    if links:
        return Refusal(*place, f"{why[:-1]}; Django can't make those of {listed(links)} again.", _REFUSED)
    writer = Writer(migration)
    try:
        codes = [code for each in taken for code in _made_again(writer, old, each)]
    except CannotWrite as reason:
        return Refusal(*place, f"{why[:-1]}; {reason}.", _REFUSED)
    comment = f"Indexes and constraints of {old.table} get its name, because a new table is called {left.before.table}."
    edits: list[Edit] = [
        Insert(migration.path, ("operations", index), code, comment if number == 0 else None)
        for number, code in enumerate(codes)
    ]
    wrote = f"makes those of {old.label} again first, under the name of its table."
    return Rewrite(*place, why, wrote, (*edits, *writer.edits))


def _made_again(writer: Writer, old: Model, each: Named) -> Iterator[str]:
    """The operations that remove an index or a constraint, and make it again."""
    if each.field in ("unique_together", "index_together"):
        kind = "AlterUniqueTogether" if each.field == "unique_together" else "AlterIndexTogether"
        for code in ("set()", writer.code(old.options[each.field])):
            yield writer.operation(kind, ("name", literal(old.name.lower())), (each.field, code))
        return
    field = old.fields[each.field]
    yield writer.alter_field(old.name.lower(), field.name, _without(field))
    yield writer.alter_field(old.name.lower(), field.name, field.value)


def _without(field: Field) -> Value:
    """The field without its index and its constraint."""
    if field.kind == "OneToOneField":
        return with_arguments(field.value, db_constraint=Literal(False))
    if field.is_key:
        return with_arguments(field.value, db_constraint=Literal(False), db_index=Literal(False))
    if is_indexed(field):
        return with_arguments(field.value, db_index=Literal(False))
    # Django only removes the second index of unique text on PostgreSQL, "_like", together with an ordinary one
    return with_arguments(field.value, unique=None, db_index=Literal(True))
