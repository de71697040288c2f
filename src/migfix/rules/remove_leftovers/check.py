"""What the rule finds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.findings.finding import Finding, Refusal
from migfix.history import History
from migfix.history.fields import field_of
from migfix.history.model import created_model
from migfix.rules.remove_leftovers import RULE
from migfix.source.migration import Call, Literal, Migration, Operation


@dataclass(frozen=True)
class Leftover:
    """Something that an operation makes and a database has."""

    op: Operation
    what: str
    """``the table blog_tag``."""
    sql: str
    """The statement that removes it."""


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Name what is there already, in each database that was read and hasn't applied the migration."""
    for migration in migrations:
        for alias, applied in history.facts.applied.items():
            if migration.key in applied or any(key in applied for key in migration.replaces):
                continue
            for each in _leftovers(migration, alias, history):
                yield _finding(migration, alias, each)


def _finding(migration: Migration, alias: str, each: Leftover) -> Refusal:
    why = f"the database {alias} has {each.what} already, and hasn't applied this migration: migrate stops here."
    next_step = (
        f"If an earlier attempt left it, remove it: {each.sql} If it is what this migration makes, record that: "
        f"python manage.py migrate {migration.app} {migration.name} --fake."
    )
    return Refusal(RULE.code, migration.path, each.op.line, why, next_step)


def _leftovers(migration: Migration, alias: str, history: History) -> Iterator[Leftover]:
    tables, invalid = history.facts.tables.get(alias, {}), history.facts.invalid_indexes.get(alias, frozenset())
    owned = _owned(alias, history)
    for _, op, state in history.states(migration):
        if op.kind == "CreateModel":
            model = created_model(migration, op)
            if model.has_own_table and model.table in tables and model.table not in owned:
                yield Leftover(op, f"the table {model.table}", f"DROP TABLE {model.table};")
        before = state.models.get((migration.app, op.model))
        if op.kind == "AddField" and before and before.table in owned:
            yield from _column(op, before.table, tables.get(before.table, frozenset()) - owned[before.table])
        name = _index_name(op)
        if name in invalid:
            yield Leftover(op, f"the invalid index {name}", f"DROP INDEX CONCURRENTLY {name};")


def _owned(alias: str, history: History) -> dict[str, set[str]]:
    """Table -> the columns that the migrations applied in a database have made there."""
    applied = [key for key in history.facts.applied[alias] if history.migration(key)]
    state = history.state_at_end(applied)
    models = state.models.values() if state else ()
    return {each.table: {field.column for field in each.fields.values()} for each in models}


def _column(op: Operation, table: str, left: frozenset[str]) -> Iterator[Leftover]:
    """The column that an AddField makes, if it is among the columns that no applied migration has made."""
    field = field_of(op)
    if field.kind != "ManyToManyField" and field.column in left:
        yield Leftover(op, f"the column {field.column} of {table}", f"ALTER TABLE {table} DROP COLUMN {field.column};")


def _index_name(op: Operation) -> str:
    index = op.arguments.get("index")
    name = index.keyword("name") if isinstance(index, Call) and op.kind.startswith("AddIndex") else None
    return str(name.value) if isinstance(name, Literal) else ""
