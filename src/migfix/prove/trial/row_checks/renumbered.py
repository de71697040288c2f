"""Rows whose primary keys the migrations replace: the same rows have other keys afterwards, and so do those that point
at them.

Numbers that became UUIDs can't come back, so a comparison has to follow the rows and not their keys.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Model

from migfix.prove.trial.snapshot import Rows, table_of

Column = tuple[str, str]
"""Table and column."""


class ReplacedKeys:
    """The columns with keys of tables whose primary key gets values of another kind."""

    def __init__(self, old: Iterable[type[Model]], new: Iterable[type[Model]]) -> None:
        old, later = list(old), {table_of(model): model for model in new}
        self.tables: dict[str, str] = {}
        """Table -> the column of its key."""
        for model in old:
            other, key = later.get(table_of(model)), model._meta.pk
            if other is not None and _is_number(key) and not _is_number(other._meta.pk):
                self.tables[table_of(model)] = str(key.column)
        self.pointing: dict[Column, str] = {}
        """Column with such keys -> the table that it points at, or has them itself."""
        for table, column in self.tables.items():
            self.pointing[table, column] = table
        for model in old:
            for field in model._meta.local_concrete_fields:
                target = table_of(field.related_model) if field.is_relation and field.related_model else ""
                if target in self.tables:
                    self.pointing[table_of(model), str(field.column)] = target

    def translated(self, rows: Rows, like: Rows) -> Rows:
        """The rows, with the keys that the same rows have in ``like``. Rows that aren't there keep theirs."""
        maps = {table: self._keys(table, rows, like) for table in self.tables if table in rows and table in like}
        found = {}
        for table, (columns, values) in rows.items():
            into = [maps.get(self.pointing.get((table, column), "")) for column in columns]
            found[table] = (
                (columns, [tuple(map(_replaced, row, into)) for row in values]) if any(into) else (columns, values)
            )
        return found

    def _keys(self, table: str, rows: Rows, like: Rows) -> dict[Any, Any]:
        """Key in ``rows`` -> key in ``like``, by the other columns of both."""
        column = self.tables[table]
        (names, values), (others, wanted) = rows[table], like[table]
        if column not in names or column not in others:
            return {}
        shared = [name for name in names if name in others and (table, name) not in self.pointing]
        found: dict[Any, list[Any]] = {}
        for row in wanted:
            found.setdefault(_part(row, others, shared), []).append(row[others.index(column)])
        keys = {}
        for row in values:
            same = found.get(_part(row, names, shared))
            if same:
                keys[row[names.index(column)]] = same.pop(0)
        return keys


def _is_number(field: Any) -> bool:
    kind = str(field.get_internal_type())
    return "Integer" in kind or "AutoField" in kind


def _replaced(value: Any, keys: dict[Any, Any] | None) -> Any:
    return keys.get(value, value) if keys else value


def _part(row: tuple[Any, ...], names: tuple[str, ...], wanted: list[str]) -> tuple[Any, ...]:
    return tuple(row[names.index(name)] for name in wanted)
