"""Text columns whose index is longer than MySQL allows."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.findings.finding import Refusal
from migfix.history import History
from migfix.history.fields import Field, field_of
from migfix.history.model import created_model
from migfix.project.layout import Server
from migfix.rules.align_foreign_key_table import RULE
from migfix.source.migration import Literal, Migration, Operation

_BYTES = {"utf8mb4": 4, "utf8mb3": 3, "utf8": 3, "latin1": 1, "ascii": 1, "utf16": 4, "utf32": 4, "ucs2": 2}
"""Bytes that an index needs for each character (MySQL Reference Manual, "The utf8mb4 Character Set")."""
_TEXT = ("CharField", "SlugField", "EmailField", "URLField")
_DEFAULT = {"SlugField": 50, "EmailField": 254, "URLField": 200}


def too_long(migration: Migration, alias: str, server: Server, history: History) -> Iterator[Refusal]:
    """Name the columns whose unique constraint or index fails with 1071, ``Specified key was too long``.

    MariaDB makes a hash of long values instead (MariaDB Server Documentation, "Unique Index").
    """
    if server.is_mariadb:
        return
    for _, op, state in history.states(migration):
        before = state.models.get((migration.app, op.model))
        table = before.table if before else ""
        for field in _fields(migration, op):
            length, limit = _length(field, table, server), _limit(table, server)
            old = before.fields.get(field.name) if before and op.kind == "AlterField" else None
            if length > limit and not (old and _length(old, table, server) > limit):
                why = (
                    f"the index on {field.name} needs {length} bytes, and {alias} allows {limit}: MySQL fails with "
                    "1071, `Specified key was too long`."
                )
                next_step = (
                    f"Make max_length at most {limit // _per_character(table, server)}, or don't index the column."
                )
                yield Refusal(RULE.code, migration.path, op.line, why, next_step)


def _fields(migration: Migration, op: Operation) -> list[Field]:
    if op.kind in ("AddField", "AlterField"):
        return [field_of(op)]
    return list(created_model(migration, op).fields.values()) if op.kind == "CreateModel" else []


def _length(field: Field, table: str, server: Server) -> int:
    """The bytes that the index of a column needs; 0 without an index."""
    is_indexed = field.is_unique or field.is_true("db_index") or field.kind == "SlugField"
    if field.kind not in _TEXT or not is_indexed or field.get("db_collation") is not None:
        return 0
    value = field.get("max_length")
    size = value.value if isinstance(value, Literal) else _DEFAULT.get(field.kind, 0)
    return size * _per_character(table, server) if isinstance(size, int) else 0


def _per_character(table: str, server: Server) -> int:
    collation = server.tables[table].collation if table in server.tables else server.collation
    return _BYTES.get(collation.partition("_")[0], 1)


def _limit(table: str, server: Server) -> int:
    """The most bytes of an index (MySQL Reference Manual, "InnoDB Limits" and "The MyISAM Storage Engine")."""
    layout = server.tables.get(table)
    if layout and layout.engine == "MyISAM":
        return 1000
    row_format = (layout.row_format if layout else server.row_format).lower()
    return 3072 if row_format in ("dynamic", "compressed") else 767
