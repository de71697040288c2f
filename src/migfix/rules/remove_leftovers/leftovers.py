"""What a migration makes and a database has already."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.history import History
from migfix.history.fields import Field, field_of
from migfix.history.model import Model, created_model, items_of
from migfix.rows.link_tables import CannotKeep, LinkTable
from migfix.source.migration import Call, Literal, Migration, Operation, Value


@dataclass(frozen=True)
class Leftover:
    """Something that an operation makes and a database has."""

    op: Operation
    what: str
    """``the table blog_tag``."""
    sql: str
    """The statement that removes it."""
    is_whole: bool = True
    """Whether it may be what the migration makes. An invalid index isn't."""


def leftovers(migration: Migration, alias: str, history: History) -> Iterator[Leftover]:
    """What is there although no migration that is applied has made it."""
    database = _Database(alias, history)
    for _, op, state in history.states(migration):
        before = state.models.get((migration.app, op.model))
        if op.kind == "CreateModel":
            model = created_model(migration, op)
            if model.has_own_table:
                yield from database.table(op, model.table)
            for field in model.fields.values():
                yield from database.links(op, model, field)
        elif op.kind == "AddField" and before:
            yield from database.column(op, before.table)
            yield from database.links(op, before, field_of(op))
        elif before:
            yield from database.index(op, before.table)


class _Database:
    """What a database has, beside what the migrations that are applied there have made."""

    def __init__(self, alias: str, history: History) -> None:
        self.facts = history.facts
        self.tables = self.facts.tables.get(alias, {})
        self.indexes = self.facts.indexes.get(alias, {})
        self.invalid = self.facts.invalid_indexes.get(alias, frozenset())
        self.is_mysql = alias in self.facts.servers
        state = history.state_at_end([key for key in self.facts.applied[alias] if history.migration(key)])
        models = list(state.models.values()) if state else []
        fields = [(model, field) for model in models for field in model.fields.values()]
        links = {table for model, field in fields if (table := _link_table(model, field, history))}
        self.owned = {each.table: {field.column for field in each.fields.values()} for each in models}
        self.owned |= {table: set[str]() for table in links}
        self.owned_indexes = {name for each in models for name in _index_names(each)}
        self.history = history

    def table(self, op: Operation, name: str) -> Iterator[Leftover]:
        if name in self.tables and name not in self.owned:
            yield Leftover(op, f"the table {name}", f"DROP TABLE {name};")

    def links(self, op: Operation, model: Model, field: Field) -> Iterator[Leftover]:
        """The table of a many-to-many field."""
        if name := _link_table(model, field, self.history):
            yield from self.table(op, name)

    def column(self, op: Operation, table: str) -> Iterator[Leftover]:
        """The column of an AddField, if it is among those that no applied migration has made."""
        field = field_of(op)
        left = self.tables.get(table, frozenset()) - self.owned[table] if table in self.owned else ()
        if field.kind != "ManyToManyField" and field.column in left:
            sql = f"ALTER TABLE {table} DROP COLUMN {field.column};"
            yield Leftover(op, f"the column {field.column} of {table}", sql)

    def index(self, op: Operation, table: str) -> Iterator[Leftover]:
        """The index of an AddIndex or a unique constraint. On MySQL and MariaDB, each table has names of its own."""
        name = _made_index(op)
        tables = [table] if self.is_mysql else list(self.indexes)
        if name in self.invalid:
            yield Leftover(op, f"the invalid index {name}", f"DROP INDEX CONCURRENTLY {name};", is_whole=False)
        elif name not in self.owned_indexes and any(name in self.indexes.get(each, ()) for each in tables):
            place = f" ON {table}" if self.is_mysql else ""
            yield Leftover(op, f"the index {name}", f"DROP INDEX {name}{place};")


def _link_table(model: Model, field: Field, history: History) -> str:
    """The table that Django makes for a many-to-many field; "" for other fields and where migfix can't tell."""
    if field.kind != "ManyToManyField" or field.get("through") is not None or not model.has_own_table:
        return ""
    try:
        return LinkTable.of(model, field, history.facts).name
    except CannotKeep:
        return ""


def _made_index(op: Operation) -> str:
    """The name of the index that an operation makes; "" if it makes none."""
    if op.kind.startswith("AddIndex"):
        return _name_of(op.arguments.get("index"))
    constraint = op.arguments.get("constraint")
    is_unique = op.kind == "AddConstraint" and isinstance(constraint, Call) and constraint.func == "UniqueConstraint"
    return _name_of(constraint) if is_unique else ""


def _index_names(model: Model) -> Iterator[str]:
    for option in ("indexes", "constraints"):
        yield from map(_name_of, items_of(model.options.get(option)))


def _name_of(value: Value | None) -> str:
    name = value.keyword("name") if isinstance(value, Call) else None
    return str(name.value) if isinstance(name, Literal) else ""
