"""How a MySQL or MariaDB server stores the tables of a database."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Column:
    """One column, as ``information_schema.columns`` lists it."""

    type: str
    """``int(11)``, ``varchar(20)``."""
    collation: str
    """"" for a column without text."""
    is_null: bool
    is_auto: bool
    """Whether it numbers the rows itself."""
    has_more: bool
    """Whether it has a default or a comment, which a statement that changes it must repeat."""


@dataclass(frozen=True)
class Layout:
    """One table, as ``information_schema.tables`` lists it."""

    engine: str
    collation: str
    row_format: str
    rows: int
    """About how many."""
    bytes: int
    columns: Mapping[str, Column]


@dataclass(frozen=True)
class Server:
    """The tables of one database, and what new ones get."""

    tables: Mapping[str, Layout]
    collation: str
    row_format: str
    is_mariadb: bool
    has_uuid: bool
    """Whether Django makes uuid columns there."""
    references: Mapping[str, tuple[str, ...]]
    """``blog_category.id`` -> the columns with a foreign key to it: ``blog_post.category_id``."""


def server_from(data: Mapping[str, Any]) -> Server:
    """The answer of ``migfix.project.django.storage``."""
    tables: dict[str, Layout] = {}
    columns: dict[str, dict[str, Column]] = {}
    for table, name, kind, collation, is_null, is_auto, has_more in data["columns"]:
        columns.setdefault(table, {})[name] = Column(kind, collation or "", is_null, is_auto, has_more)
    for table, engine, collation, row_format, rows, size in data["tables"]:
        tables[table] = Layout(engine, collation, row_format, rows, size, columns.get(table, {}))
    references: dict[str, tuple[str, ...]] = {}
    for target, source in data["references"]:
        references[target] = (*references.get(target, ()), source)
    return Server(tables, data["collation"], data["row_format"], data["is_mariadb"], data["has_uuid"], references)
