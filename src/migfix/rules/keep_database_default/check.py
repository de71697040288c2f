"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.rows.removed_field import shown
from migfix.rules.keep_database_default import RULE
from migfix.rules.keep_database_default.columns import NewColumn, new_columns, reason_against
from migfix.rules.keep_database_default.follow_up import new_migration, still_as_added
from migfix.rules.keep_database_default.now_required import now_required
from migfix.rules.keep_database_default.type_change import dropping_edits, outgrown
from migfix.source.edits import Edit, Insert
from migfix.source.migration import Migration
from migfix.source.writer import Writer, with_arguments

KEPT = "The previous release needs these defaults. They stay until the columns change."
KEPT_ONE = "The previous release needs this default. It stays until the column changes."


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Keep the default in the database only, and drop it where the column gets another type."""
    for migration in migrations:
        kinds = {op.kind for op in migration.operations}
        if "AddField" in kinds:
            yield from _kept(migration, history)
        if "AlterField" in kinds:
            yield from _dropped(migration, history)
            yield from _required(migration, history)


def _required(migration: Migration, history: History) -> Iterator[Finding]:
    for op, model in now_required(migration, history):
        label = f"{model.label}.{op.text('name')}"
        why = (
            f"the previous release writes NULL into {label} itself, so that no default in the database helps: its "
            "inserts fail once the column is NOT NULL."
        )
        next_step = (
            "Deploy in two releases: first the code that always writes a value, with a default on the field and "
            "null=True, then this migration."
        )
        yield Refusal(RULE.code, migration.path, op.line, why, next_step)


def _kept(migration: Migration, history: History) -> Iterator[Finding]:
    columns = []
    for each in new_columns(migration, history):
        reason = reason_against(each, migration, history)
        if reason is None:
            columns.append(each)
        else:
            why = f"the previous release can't insert into {each.model.label} without {each.field.name}"
            yield Refusal(RULE.code, migration.path, each.op.line, f"{why}, and it {reason[0]}.", reason[1])
    if columns:
        yield _rewrite(migration, columns)


def follow_up(migration: Migration, history: History) -> Finding | None:
    """The same for a deployed migration, in a new migration after it."""
    found = [each for each in new_columns(migration, history) if not reason_against(each, migration, history)]
    columns = still_as_added(found, migration, history)
    return _rewrite(migration, columns, history) if columns else None


def _rewrite(migration: Migration, columns: list[NewColumn], later: History | None = None) -> Finding:
    writer = Writer(migration, is_its_own=True)
    altered = [
        writer.alter_field(
            each.model.key[1], each.field.name, with_arguments(each.field.value, db_default=each.default), depth=8
        )
        for each in columns
    ]
    names = ", ".join(each.field.name for each in columns)
    values = ", ".join(f"{each.label} DEFAULT {shown(each.default)}" for each in columns)
    tables = " and ".join(dict.fromkeys(each.model.label for each in columns))
    comment, operation = KEPT_ONE if len(columns) == 1 else KEPT, writer.apart(database_operations=altered)
    edits: tuple[Edit, ...]
    if later:
        name = f"keep_{columns[0].model.key[1]}_{columns[0].field.name}" + "_and_more" * (len(columns) > 1)
        edits = tuple(new_migration(migration, operation, comment, name, later))
    else:
        edits = (Insert(migration.path, ("operations", len(migration.operations)), operation, comment), *writer.edits)
    return Rewrite(
        RULE.code,
        migration.path,
        columns[0].op.line,
        f"the previous release can't insert into {tables}: Django drops the default of {names} again.",
        f"keeps {values} in the database until the column is next altered. db_default on the model is the durable way.",
        edits,
    )


def _dropped(migration: Migration, history: History) -> Iterator[Finding]:
    for each in outgrown(migration, history):
        kept = f"the database keeps DEFAULT {shown(each.default)} for {each.op.model}.{each.old.name}"
        why = f"{kept}, which may not fit the new type."
        wrote = "an AlterField before it drops that default, and going back sets it again."
        yield Rewrite(RULE.code, migration.path, each.op.line, why, wrote, dropping_edits(migration, each))
