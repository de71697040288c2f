"""What is in a database: its tables, as the database itself tells them, and the rows in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

_TOLD = ("primary_key", "unique", "foreign_key", "check", "index", "type", "columns", "orders")


@dataclass(frozen=True)
class Table:
    """Columns by name, and constraints by name, each as a text that is equal where they are."""

    columns: Mapping[str, str]
    constraints: Mapping[str, str]


Schema = dict[str, Table]
Rows = dict[str, tuple[tuple[str, ...], list[tuple[Any, ...]]]]
"""Table -> names of its columns, and its rows."""


def schema_of(connection: BaseDatabaseWrapper) -> Schema:
    """Every table but Django's own list of migrations."""
    found = {}
    with connection.cursor() as cursor:
        for name in _tables(connection, cursor):
            columns = {
                each.name: f"{each.type_code} {each[3:6]} {'NULL' if each.null_ok else 'NOT NULL'} {each.default}"
                for each in connection.introspection.get_table_description(cursor, name)
            }
            found[name] = Table(columns, _constraints(connection, cursor, name))
    return found


def _constraints(connection: BaseDatabaseWrapper, cursor: Any, table: str) -> dict[str, str]:
    """Constraints and indexes by name; those without a name, which SQLite numbers, by what they are."""
    found: dict[str, Any] = dict(connection.introspection.get_constraints(cursor, table))
    if connection.vendor == "mysql":
        # MySQL makes, keeps and merges the index that a foreign key needs as it likes, and MariaDB forgets the CHECK in
        # the definition of a column when Django alters that
        keys = {tuple(each["columns"]) for each in found.values() if each["foreign_key"]}
        found = {
            name: each | {"index": False, "type": "", "orders": []} if each["foreign_key"] else each
            for name, each in found.items()
            if each["foreign_key"] or each["unique"] or each["check"] or tuple(each["columns"]) not in keys
            if not (each["check"] and name.startswith("__unnamed"))
        }
    texts = {name: " ".join(f"{part}={each[part]}" for part in _TOLD if each.get(part)) for name, each in found.items()}
    return {f"({text})" if name.startswith("__unnamed") else name: text for name, text in texts.items()}


def rows_of(connection: BaseDatabaseWrapper) -> Rows:
    """Everything that is in the tables."""
    found: Rows = {}
    with connection.cursor() as cursor:
        for name in _tables(connection, cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(name)}")
            columns = tuple(column[0] for column in cursor.description)
            found[name] = (columns, [tuple(map(_comparable, row)) for row in cursor.fetchall()])
    return found


def _tables(connection: BaseDatabaseWrapper, cursor: Any) -> list[str]:
    infos = connection.introspection.get_table_list(cursor)
    return sorted(each.name for each in infos if each.type in ("t", "p") and each.name != "django_migrations")


def _comparable(value: Any) -> Any:
    return value if isinstance(value, str | int | float | bytes | None) else repr(value)


def schema_differences(old: Schema, new: Schema) -> list[str]:
    """What is another way in ``new``, one line each, as a person would say it."""
    found = [f"table {name} is gone" for name in sorted(old.keys() - new.keys())]
    found += [f"table {name} is left" for name in sorted(new.keys() - old.keys())]
    for name in sorted(old.keys() & new.keys()):
        for kind, before, after in (
            ("column", old[name].columns, new[name].columns),
            ("constraint or index", old[name].constraints, new[name].constraints),
        ):
            found += [f"{name}: {kind} {each} is gone" for each in sorted(before.keys() - after.keys())]
            found += [f"{name}: {kind} {each} is left" for each in sorted(after.keys() - before.keys())]
            found += [
                f"{name}: {kind} {each} was `{before[each]}` and is `{after[each]}`"
                for each in sorted(before.keys() & after.keys())
                if before[each] != after[each]
            ]
    return found


@dataclass(frozen=True)
class RowDifference:
    """Rows of a table that are others in ``columns``; ``columns`` is empty where their number differs."""

    table: str
    columns: tuple[str, ...]
    old: int
    new: int

    def __str__(self) -> str:
        if self.old != self.new:
            return f"{self.table} had {self.old} rows and has {self.new}"
        return f"the rows of {self.table} are others in {', '.join(self.columns)}"


def row_differences(old: Rows, new: Rows) -> list[RowDifference]:
    """Tables that are in both and whose rows are others in a column that is in both."""
    found = []
    for table in sorted(old.keys() & new.keys()):
        columns = [name for name in old[table][0] if name in new[table][0]]
        if _values(old[table], columns) != _values(new[table], columns):
            others = tuple(name for name in columns if _values(old[table], [name]) != _values(new[table], [name]))
            found.append(RowDifference(table, others or tuple(columns), len(old[table][1]), len(new[table][1])))
    return found


def is_filled_in(difference: RowDifference, old: Rows, new: Rows) -> bool:
    """Whether rows differ only in that they have a value where they had NULL."""
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
