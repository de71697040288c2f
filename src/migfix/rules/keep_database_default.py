"""A NOT NULL column whose default Django drops again: the release before can't insert rows any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from migfix.rule import Rule

if TYPE_CHECKING:
    from migfix.edits import Edit
    from migfix.findings import Finding
    from migfix.history import History
    from migfix.model import Migration
    from migfix.rows.kept import NewColumn

CODE = "MIG401"
KEPT = "The release before doesn't set these columns. Kept until they are next altered."
KEPT_ONE = "The release before doesn't set this column. Kept until it is next altered."


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Keep the default in the database alone, and drop it where the column gets another type."""
    for migration in migrations:
        kinds = {op.kind for op in migration.operations}
        if "AddField" in kinds:
            yield from _kept(migration, history)
        if "AlterField" in kinds:
            yield from _dropped(migration, history)


def _kept(migration: Migration, history: History) -> Iterator[Finding]:
    from migfix.findings import Refusal
    from migfix.rows.kept import new_columns, reason_against

    columns = []
    for each in new_columns(migration, history):
        reason = reason_against(each, migration, history)
        if reason is None:
            columns.append(each)
        else:
            why = f"code of the release before can't insert into {each.model.label} without {each.field.name}"
            yield Refusal(CODE, migration.path, each.op.line, f"{why}, and it {reason[0]}.", reason[1])
    if columns:
        yield _rewrite(migration, columns)


def follow_up(migration: Migration, history: History) -> Finding | None:
    """The same for a deployed migration, in a new one after it."""
    from migfix.rows.kept import new_columns, reason_against
    from migfix.rows.kept_later import still_as_added

    found = [each for each in new_columns(migration, history) if not reason_against(each, migration, history)]
    columns = still_as_added(found, migration, history)
    return _rewrite(migration, columns, history) if columns else None


def _rewrite(migration: Migration, columns: list[NewColumn], later: History | None = None) -> Finding:
    from migfix.edits import Insert
    from migfix.findings import Rewrite
    from migfix.rows.kept_later import new_migration
    from migfix.rows.removal import shown
    from migfix.source.code import Writer, with_arguments

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
        CODE,
        migration.path,
        columns[0].op.line,
        f"code of the release before can't insert into {tables}: Django drops the default of {names} again.",
        f"the database keeps {values} until the column is next altered; db_default on the model is the durable way.",
        edits,
    )


def _dropped(migration: Migration, history: History) -> Iterator[Finding]:
    from migfix.findings import Rewrite
    from migfix.rows.outgrown import dropping_edits, outgrown
    from migfix.rows.removal import shown

    for each in outgrown(migration, history):
        kept = f"the database keeps DEFAULT {shown(each.default)} for {each.op.model}.{each.old.name}"
        why = f"{kept}, which may not fit the new type."
        wrote = "an AlterField before it drops that default, and going back sets it again."
        yield Rewrite(CODE, migration.path, each.op.line, why, wrote, dropping_edits(migration, each))


RULE = Rule(
    code=CODE,
    name="keep-database-default",
    why="A new NOT NULL column has no default in the database: the release before can't insert.",
    check=check,
    order=50,
    resolves={
        "django-migration-linter": ("NOT_NULL",),
    },
    follow_up=follow_up,
)
