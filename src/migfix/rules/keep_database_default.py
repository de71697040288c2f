"""A NOT NULL column whose default Django drops again: the release before can't insert rows any more."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from migfix.rule import Rule

if TYPE_CHECKING:
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


def _rewrite(migration: Migration, columns: list[NewColumn]) -> Finding:
    from migfix.edits import Insert
    from migfix.findings import Rewrite
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
    return Rewrite(
        CODE,
        migration.path,
        columns[0].op.line,
        f"code of the release before can't insert into {tables}: Django drops the default of {names} again.",
        f"the database keeps {values} until the column is next altered; db_default on the model is the durable way.",
        (
            Insert(
                migration.path,
                ("operations", len(migration.operations)),
                writer.apart(database_operations=altered),
                KEPT_ONE if len(columns) == 1 else KEPT,
            ),
            *writer.edits,
        ),
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
)
