"""The content of a database: its schema, read from the database itself, and its rows."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

_SHOWN = ("primary_key", "unique", "foreign_key", "check", "index", "type", "columns", "orders")


@dataclass(frozen=True)
class Table:
    """Columns by name and constraints by name, each described by a string for comparison."""

    columns: Mapping[str, str]
    constraints: Mapping[str, str]


Schema = dict[str, Table]
Rows = dict[str, tuple[tuple[str, ...], list[tuple[Any, ...]]]]
"""Table -> names of its columns, and its rows."""


def schema_of(connection: BaseDatabaseWrapper) -> Schema:
    """Every table except ``django_migrations``."""
    with connection.cursor() as cursor:
        definitions = _definitions(connection, cursor)
        return {name: _table(connection, cursor, name, definitions) for name in _tables(connection, cursor)}


def _table(connection: BaseDatabaseWrapper, cursor: Any, name: str, definitions: Definitions) -> Table:
    first = 2 if connection.vendor == "postgresql" else 3  # PostgreSQL has the length of text in display_size
    try:
        described = connection.introspection.get_table_description(cursor, name)
        constraints = _constraints(connection, cursor, name, definitions)
    except IndexError:  # Django can't parse every CREATE TABLE of SQLite, not even its own with ESCAPE
        cursor.execute("SELECT sql FROM sqlite_master WHERE type = 'table' AND name = %s", [name])
        (text,) = cursor.fetchone()
        cursor.execute("SELECT name FROM pragma_table_xinfo(%s) WHERE hidden <> 1", [name])
        return Table({column: "" for (column,) in cursor.fetchall()}, {"definition": " ".join(text.split())})
    columns = {
        each.name: f"{_type(connection, cursor, each.type_code)} {each[first:6]} "
        f"{getattr(each, 'collation', None) or ''} "
        f"{'NULL' if each.null_ok else 'NOT NULL'} {_default(connection, each)}"
        for each in described
    }
    return Table(columns, constraints)


_FIRST_OF_EXTENSIONS = 16384
"""PostgreSQL gives types that are made in a database this number and above: FirstNormalObjectId."""


def _type(connection: BaseDatabaseWrapper, cursor: Any, code: Any) -> Any:
    """The type of a column. One of an extension gets another number each time the extension is created.

    The sizes of integers are one type for SQLite, and Django doesn't alter them back there.
    """
    if connection.vendor == "sqlite" and str(code).lower() in ("smallint", "integer", "bigint"):
        return "integer"
    if connection.vendor != "postgresql" or code < _FIRST_OF_EXTENSIONS:
        return code
    cursor.execute("SELECT format_type(%s, NULL)", [code])
    return cursor.fetchone()[0]


_TEXT_AND_JSON = frozenset({245, 249, 250, 251, 252})
"""Column types in the MySQL protocol."""


def _default(connection: Any, column: Any) -> Any:
    """The default of a column. MySQL's for text and JSON is ignored: Django can't drop it (skip_default_on_alter)."""
    is_mysql = connection.vendor == "mysql" and not connection.mysql_is_mariadb
    return None if is_mysql and column.type_code in _TEXT_AND_JSON else column.default


Definitions = dict[tuple[str, str], str]
"""(table, name) of a constraint or index -> what introspection doesn't return: its expression and condition."""


def _definitions(connection: BaseDatabaseWrapper, cursor: Any) -> Definitions:
    found: Definitions = {}
    if connection.vendor == "postgresql":
        cursor.execute(
            "SELECT t.relname, c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint c "
            "JOIN pg_class t ON t.oid = c.conrelid WHERE c.contype IN ('c', 'x')"
        )
        found = {(table, name): text for table, name, text in cursor.fetchall()}
        cursor.execute("SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname <> 'pg_catalog'")
        found |= {(table, name): text.partition(" USING ")[2] for table, name, text in cursor.fetchall()}
    elif connection.vendor == "mysql":
        cursor.execute(
            "SELECT t.table_name, t.constraint_name, c.check_clause FROM information_schema.table_constraints t "
            "JOIN information_schema.check_constraints c ON c.constraint_name = t.constraint_name "
            "AND c.constraint_schema = t.constraint_schema WHERE t.constraint_schema = DATABASE()"
        )
        found = {(table, name): text for table, name, text in cursor.fetchall()}
    else:
        cursor.execute("SELECT tbl_name, name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL")
        found = {(table, name): " ".join(sql.partition(" WHERE ")[2].split()) for table, name, sql in cursor.fetchall()}
    return found


_POSITIVE = re.compile(r"`\w+` >= 0$")


def _constraints(connection: BaseDatabaseWrapper, cursor: Any, table: str, definitions: Definitions) -> dict[str, str]:
    """Constraints and indexes by name."""
    found: dict[str, Any] = dict(connection.introspection.get_constraints(cursor, table))
    if connection.vendor == "mysql":
        # MySQL creates, keeps and merges the index for a foreign key on its own, and MariaDB drops the CHECK in the
        # definition of a column when Django alters the column; a positive number then gets one with a name
        keys = {tuple(each["columns"]) for each in found.values() if each["foreign_key"]}
        found = {
            name: each | {"index": False, "type": "", "orders": []} if each["foreign_key"] else each
            for name, each in found.items()
            if each["foreign_key"] or each["unique"] or each["check"] or tuple(each["columns"]) not in keys
            if not (each["check"] and name.startswith("__unnamed"))
            if not (name.endswith("_check") and _POSITIVE.match(definitions.get((table, name), "")))
        }
    if connection.vendor == "postgresql":
        # Django's own index for LIKE isn't made again when a unique column becomes text again
        found = {name: each for name, each in found.items() if not (each["index"] and name.endswith("_like"))}
    texts = {}
    for name, each in found.items():
        parts = [f"{part}={each[part]}" for part in _SHOWN if each.get(part)]
        texts[name] = " ".join(filter(None, [*parts, definitions.get((table, name), "")]))
    return texts


def rows_of(connection: BaseDatabaseWrapper) -> Rows:
    """The rows of every table except ``django_migrations``."""
    found: Rows = {}
    with connection.cursor() as cursor:
        for name in _tables(connection, cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)}")
            columns = tuple(column[0] for column in cursor.description)
            found[name] = (columns, [tuple(map(_comparable, row)) for row in cursor.fetchall()])
    return found


MOST_ROWS = 1000
"""Values of larger tables are not reported."""
_OWN_EACH_TIME = re.compile(
    r"UUID\(|datetime\.|^[0-9a-f]{32}$|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$|^\d{4}-\d\d-\d\d"
)
"""Values that usually differ in each run: UUIDs, dates and times."""


def fingerprints(tables: Iterable[str], rows: Rows) -> dict[str, str]:
    """Table -> a hash of its rows."""
    there = {table: sorted(map(repr, rows[table][1])) for table in tables if table in rows}
    return {table: hashlib.sha256("\n".join(each).encode()).hexdigest()[:16] for table, each in there.items()}


def steady_values(tables: Iterable[str], rows: Rows, again: Rows | None = None) -> dict[str, dict[str, dict[str, str]]]:
    """Table -> column -> key -> value, for columns that have the same values after the migrations run ``again``."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for table in tables:
        columns, values = rows.get(table, ((), []))
        if "id" not in columns or len(values) > MOST_ROWS:
            continue
        place = columns.index("id")
        by_column = {
            column: {str(row[place]): str(row[i])[:80] for row in values}
            for i, column in enumerate(columns)
            if i != place
        }
        other_columns, others = (again or {}).get(table, (columns, values))
        seen = {
            column: {str(row[other_columns.index("id")]): str(row[i])[:80] for row in others}
            for i, column in enumerate(other_columns)
        }
        found[table] = {
            column: each
            for column, each in by_column.items()
            if each == seen.get(column) and not any(map(_OWN_EACH_TIME.search, each.values()))
        }
    return found


def _tables(connection: BaseDatabaseWrapper, cursor: Any) -> list[str]:
    infos = connection.introspection.get_table_list(cursor)
    return sorted(each.name for each in infos if each.type in ("t", "p") and each.name != "django_migrations")


def _comparable(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bytes | None) else repr(value)


def schema_differences(old: Schema, new: Schema, stated: Container[str] = ()) -> list[str]:
    """The differences in ``new``, one line for each.

    Names of constraints and indexes only count if they are in ``stated``, the names that models set. Django generates
    the other names, and it generates a different one when it alters a column than when it creates the column.
    """
    found = [f"table {name} is missing" for name in sorted(old.keys() - new.keys())]
    found += [f"table {name} is left over" for name in sorted(new.keys() - old.keys())]
    for name in sorted(old.keys() & new.keys()):
        before, after = old[name].columns, new[name].columns
        found += [f"{name}: column {each} is missing" for each in sorted(before.keys() - after.keys())]
        found += [f"{name}: column {each} is left over" for each in sorted(after.keys() - before.keys())]
        found += [
            f"{name}: column {each} was `{before[each]}` and is `{after[each]}`"
            for each in sorted(before.keys() & after.keys())
            if before[each] != after[each]
        ]
        found += constraint_differences(name, old[name], new[name], stated)
    return found


def constraint_differences(table: str, old: Table, new: Table, stated: Container[str]) -> list[str]:
    """Constraints and indexes that a table has lost or gained, compared by definition and by the ``stated`` names."""
    before, after = Counter(old.constraints.values()), Counter(new.constraints.values())
    found = []
    for name, each in sorted(old.constraints.items()):
        if (name in stated and name not in new.constraints) or (
            before[each] > after[each] and name not in new.constraints
        ):
            found.append(f"{table}: {name} is missing ({each})")
        elif name in new.constraints and new.constraints[name] != each and before[each] > after[each]:
            found.append(f"{table}: {name} was `{each}` and is `{new.constraints[name]}`")
    for name, each in sorted(new.constraints.items()):
        if (name in stated and name not in old.constraints) or (
            after[each] > before[each] and name not in old.constraints
        ):
            found.append(f"{table}: {name} is left over ({each})")
    return found


def table_of(model: Any) -> str:
    """The name of a model's table in the database. ``db_table`` may include quotes."""
    return str(model._meta.db_table).strip('"')


@dataclass(frozen=True)
class RowDifference:
    """Rows of a table that differ in ``columns``, or in their number."""

    table: str
    columns: tuple[str, ...]
    old: int
    new: int

    def __str__(self) -> str:
        if self.old != self.new:
            return f"{self.table} had {self.old} rows and has {self.new}"
        return f"{self.table}.{', '.join(self.columns)} {'differs' if len(self.columns) == 1 else 'differ'}"


def row_differences(old: Rows, new: Rows) -> list[RowDifference]:
    """The tables in both whose rows differ, compared by the columns in both."""
    found = []
    for table in sorted(old.keys() & new.keys()):
        columns = [name for name in old[table][0] if name in new[table][0]]
        if _values(old[table], columns) != _values(new[table], columns):
            others = tuple(name for name in columns if _values(old[table], [name]) != _values(new[table], [name]))
            found.append(RowDifference(table, others or tuple(columns), len(old[table][1]), len(new[table][1])))
    return found


def is_filled_in(difference: RowDifference, old: Rows, new: Rows) -> bool:
    """Whether the rows only differ because they now have values where they had NULL."""
    table = difference.table
    return difference.old == difference.new and all(
        before[(None,)] > after[(None,)] and not Counter({k: n for k, n in before.items() if k != (None,)}) - after
        for column in difference.columns
        for before, after in [(_values(old[table], [column]), _values(new[table], [column]))]
    )


def _values(table: tuple[tuple[str, ...], list[tuple[Any, ...]]], columns: list[str]) -> Counter[tuple[Any, ...]]:
    names, rows = table
    places = [names.index(name) for name in columns]
    return Counter(tuple(row[place] for place in places) for row in rows)
