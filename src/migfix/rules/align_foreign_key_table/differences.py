"""How a table differs from what a key to it needs."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from migfix.project.layout import Layout, Server
from migfix.rules.align_foreign_key_table.new_keys import NewKey
from migfix.source.migration import Literal


class Kind(Enum):
    """What differs."""

    engine = "engine"
    type = "type"
    collation = "collation"


@dataclass(frozen=True)
class Difference:
    """One difference, and what the key needs in its place."""

    kind: Kind
    key: NewKey
    column: str
    real: str
    needed: str
    layout: Layout
    references: tuple[str, ...]
    """The other columns with a key to this one, which would have to change as well."""

    @property
    def has_more(self) -> bool:
        """Whether the column has a default or a comment, which the statement would have to repeat."""
        return self.layout.columns[self.column].has_more

    @property
    def is_safe(self) -> bool:
        """Whether the column can be changed without other columns, and without losing a value."""
        if self.kind is Kind.engine:
            return True
        is_kept = self.kind is Kind.collation or _is_wider(self.real, self.needed)
        return is_kept and not (self.references or self.has_more)


_INTEGERS = {
    "SmallAutoField": "smallint",
    "SmallIntegerField": "smallint",
    "AutoField": "int",
    "IntegerField": "int",
    "BigAutoField": "bigint",
    "BigIntegerField": "bigint",
}
_ORDER = ("smallint", "int", "bigint")
_PLAIN = re.compile(r"\w+", re.ASCII)
"""A name that needs no quotes in the code that is written. Others are rare, and are left alone."""
_WIDTH = re.compile(r"\(\d+\)$")


def differences(key: NewKey, server: Server) -> list[Difference]:
    """What differs in the table that a key points at; empty if it isn't there yet."""
    layout, name = server.tables.get(key.target.table), key.field.column
    if layout is None or name not in layout.columns or not all(map(_PLAIN.fullmatch, (key.target.table, name))):
        return []
    column = layout.columns[name]
    references = server.references.get(f"{key.target.table}.{name}", ())
    found = []
    if layout.engine != "InnoDB" and (not key.table or _engine_of(key.table, server) == "InnoDB"):
        found.append(Difference(Kind.engine, key, name, layout.engine, "InnoDB", layout, ()))
    needed, real = _needed_type(key, server), _WIDTH.sub("", column.type) if "int" in column.type else column.type
    if needed and needed != real:
        found.append(Difference(Kind.type, key, name, column.type, needed, layout, references))
    collation = server.tables[key.table].collation if key.table in server.tables else server.collation
    is_own = isinstance(key.field.get("db_collation"), Literal)
    if column.collation and column.collation != collation and not is_own and needed in ("", real):
        found.append(Difference(Kind.collation, key, name, column.collation, collation, layout, references))
    return found


def _engine_of(table: str, server: Server) -> str:
    return server.tables[table].engine if table in server.tables else "InnoDB"


def _needed_type(key: NewKey, server: Server) -> str:
    """The type of the new column; "" if it isn't known."""
    if key.field.kind == "UUIDField":
        return "uuid" if server.has_uuid else "char(32)"
    return _INTEGERS.get(key.field.kind, "")


def _is_wider(real: str, needed: str) -> bool:
    real = _WIDTH.sub("", real) if "int" in real else real
    if real in _ORDER and needed in _ORDER:
        return _ORDER.index(needed) > _ORDER.index(real)
    return (real, needed) == ("char(32)", "uuid")
