"""The tables of a database compared with what they should be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from migfix.commands.doctor.drift import Drift
from migfix.commands.doctor.expected import Expected, Table
from migfix.findings.words import listed
from migfix.history.differences import in_own_order
from migfix.history.fields import field_of
from migfix.history.model import created_model
from migfix.source.migration import Migration, Operation

MAKE_AGAIN = "Let doctor make it again: migfix doctor --fix shows the statements."
Tables = Mapping[str, frozenset[str]]
"""Table -> its columns, in lower case."""


def in_lower_case(tables: Tables) -> Tables:
    """Tables and columns as they are compared."""
    return {table.lower(): frozenset(map(str.lower, columns)) for table, columns in tables.items()}


def missing(expected: Expected, apps: frozenset[str], tables: Tables) -> Iterator[Drift]:
    """Tables and columns that applied migrations have made and that aren't there."""
    gone = {tuple(each) for each in (expected.compared or {}).get("gone", ())}
    for name, table in sorted(expected.tables.items()):
        if table.app not in apps - expected.unsure or ("table", name) in gone:
            continue
        if name not in tables:
            if expected.compared is None and expected.history.facts.has_routers:
                continue  # source doesn't tell which tables the routers keep out of a database
            made_by = maker(table, "", expected)
            what = f"the table {table.name} of {table.label} isn't there, and the migrations that make it are applied."
            yield Drift("missing-table", what, _again(expected, table.app, made_by), table.app, made_by, table.name)
            continue
        for column, written in sorted(table.columns.items()):
            if column not in tables[name] and column != _ROW_ID and ("column", name, column) not in gone:
                made_by = maker(table, written, expected)
                what = f"the column {written} of {table.name} isn't there, and the migrations that make it are applied."
                yield Drift(
                    "missing-column",
                    what,
                    _again(expected, table.app, made_by),
                    table.app,
                    made_by,
                    table.name,
                    written,
                )


_ROW_ID = "rowid"
"""SQLite has it in each table and doesn't list it. Models of virtual tables name it."""


def _again(expected: Expected, app: str, name: str) -> str:
    if expected.compared:
        return MAKE_AGAIN
    shown = f"python manage.py sqlmigrate {app} {name or 'NAME'}"
    return f"Once Django can load the migrations, let doctor make it again, with --fix, or by hand: {shown} shows it."


def maker(table: Table, column: str, expected: Expected) -> str:
    """The applied migration that made a table, or the newest one that added the column."""
    model = expected.state.models.get((table.app, table.label.rpartition(".")[2].lower()))
    found = model.made_by[1] if model else ""
    for migration in in_own_order(expected.history, table.app):
        adds = (op for op in migration.operations if op.kind == "AddField" and model and op.model == model.key[1])
        if migration.key in expected.keys and column and any(field_of(op).column == column for op in adds):
            found = migration.name
    return found


def extra(expected: Expected, apps: frozenset[str], tables: Tables) -> Iterator[Drift]:
    """Columns in tables of models that no field has. An INSERT fails if such a column is NOT NULL.

    ``tables`` are as the database spells them.
    """
    spelled = {(table.lower(), each.lower()): (table, each) for table, columns in tables.items() for each in columns}
    tables, quote = in_lower_case(tables), (expected.compared or {}).get("quote", "")
    known = {tuple(each) for each in (expected.compared or {}).get("known", ())}
    pending = known | {name for migration in _pending(expected, apps) for name in _made(migration, expected)}
    for name, table in sorted(expected.tables.items()):
        if table.app not in apps - expected.unsure or not table.columns:
            continue
        for column in sorted(tables.get(name, frozenset()) - table.columns.keys() - table.others):
            if (name, column) not in pending:
                own_table, own_column = spelled[name, column]
                what = f"the column {own_column} of {own_table} belongs to no field of {table.label}."
                drop = f"ALTER TABLE {quote}{own_table}{quote} DROP COLUMN {quote}{own_column}{quote};"
                next_step = (
                    "If newer code added it, go back with that code; if it was renamed by hand, rename it back. Else: "
                    f"{drop}"
                )
                yield Drift("column-of-no-field", what, next_step, table.app, "", own_table, own_column)


def not_recorded(expected: Expected, apps: frozenset[str], tables: Tables) -> Iterator[Drift]:
    """Migrations that aren't recorded, and whose tables and columns are there, all or some."""
    for migration in _pending(expected, apps):
        made = _made(migration, expected)
        there = {name: op for name, op in made.items() if _is_there(name, tables)}
        if not there:
            continue
        lines = listed([f"{_called(name)} (line {op.line})" for name, op in there.items()])
        app, name = migration.key
        if len(there) == len(made) and len(migration.operations) == len(made):
            what = f"{app}.{name} isn't recorded as applied, and everything that it makes is there: {lines}."
            next_step = f"If the columns are the same, record it: python manage.py migrate {app} {name} --fake."
            yield Drift("not-recorded", what, next_step, app, name)
            continue
        left = [f"line {op.line}" for op in migration.operations if op not in there.values()]
        what = f"{app}.{name} isn't recorded as applied, and a part of it is there: {lines}."
        next_step = f"Remove that, or run the rest by hand ({listed(left)}) and record it with --fake."
        yield Drift("half-applied", what, next_step, app, name)


def _pending(expected: Expected, apps: frozenset[str]) -> Iterator[Migration]:
    """The migrations that aren't applied, and would run."""
    for app in sorted(apps - expected.unsure):
        for migration in in_own_order(expected.history, app):
            if migration.key not in expected.keys and not set(migration.replaces) & expected.keys:
                yield migration


def _made(migration: Migration, expected: Expected) -> dict[tuple[str, str], Operation]:
    """What a migration makes that no applied one has made: (table, column) -> operation, column "" for a table."""
    found: dict[tuple[str, str], Operation] = {}
    for op in migration.operations:
        model = expected.state.models.get((migration.app, op.model))
        if op.kind == "CreateModel":
            new = created_model(migration, op)
            if new.has_own_table and new.table.lower() not in expected.tables:
                found[new.table.lower(), ""] = op
        elif op.kind == "AddField" and model and field_of(op).kind != "ManyToManyField":
            column, table = field_of(op).column.lower(), expected.tables.get(model.table.lower())
            if table and column not in table.columns:
                found[model.table.lower(), column] = op
    return found


def _is_there(name: tuple[str, str], tables: Tables) -> bool:
    table, column = name
    return table in tables and (not column or column in tables[table])


def _called(name: tuple[str, str]) -> str:
    table, column = name
    return f"the column {column} of {table}" if column else f"the table {table}"
