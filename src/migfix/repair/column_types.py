"""Column types in one spelling: those that Django asks for, and those that a server lists."""

from __future__ import annotations

import re

from django.db.backends.base.base import BaseDatabaseWrapper

_POSTGRESQL = {
    "serial": "integer",
    "bigserial": "bigint",
    "smallserial": "smallint",
    "time": "time without time zone",
    "timestamp": "timestamp without time zone",
    "timestamptz": "timestamp with time zone",
    "timetz": "time with time zone",
    "int": "integer",
    "int2": "smallint",
    "int4": "integer",
    "int8": "bigint",
    "serial4": "integer",
    "serial8": "bigint",
    "float4": "real",
    "float8": "double precision",
    "float": "double precision",
    "bool": "boolean",
    "bpchar": "character",
}
"""PostgreSQL manual, "Data Types": aliases, which a field of one's own may use."""

_MYSQL = {
    "integer": "int",
    "boolean": "tinyint",
    "bool": "tinyint",
    "double precision": "double",
    "numeric": "decimal",
    "dec": "decimal",
    "fixed": "decimal",
    "character varying": "varchar",
    "character": "char",
}
_WIDTH = re.compile(r"\b((?:tiny|small|medium|big)?int(?:eger)?)\(\d+\)")
"""MariaDB lists int(11). The width is for display alone (MariaDB Server Documentation, "INT")."""


def one_spelling(connection: BaseDatabaseWrapper, text: str) -> str:
    """A column type as it is compared: lower case, and the server's own name for it."""
    text = re.sub(r"\s*,\s*", ",", " ".join(text.lower().replace("auto_increment", "").split()))
    if connection.vendor == "postgresql":
        text = re.sub(r"^varchar\b", "character varying", text)
        text = re.sub(r"^char\b", "character", text)
        text = re.sub(r"^(?:decimal|dec)\b", "numeric", text)
        text = re.sub(r"^(numeric\(\d+)\)$", r"\1,0)", text)
        text = re.sub(r"^varbit\b", "bit varying", text)
        text = re.sub(r"(\[\d*\])+$", "[]", text)  # PostgreSQL stores neither sizes nor dimensions of arrays
        return _POSTGRESQL.get(text, text)
    if connection.vendor == "mysql":
        text = _WIDTH.sub(r"\1", text)
        name = next((each for each in _MYSQL if re.match(rf"{each}\b", text)), "")
        text = _MYSQL[name] + text[len(name) :] if name else text
        is_mariadb = getattr(connection, "mysql_is_mariadb", False)
        return "longtext" if text == "json" and is_mariadb else text
    return text


def length_of(kind: str) -> int | None:
    """How many characters a column of a type holds, if that is a type of texts with a length."""
    found = re.match(r"(?:varchar|character varying)\((\d+)\)$", kind)
    return int(found[1]) if found else None


_LISTED = {
    "sqlite": (
        "SELECT m.name, c.name, c.type FROM sqlite_master m, pragma_table_xinfo(m.name) c "
        "WHERE m.type = 'table' AND c.hidden <> 1"
    ),
    "postgresql": (
        "SELECT c.relname, a.attname, format_type(a.atttypid, a.atttypmod) FROM pg_attribute a "
        "JOIN pg_class c ON c.oid = a.attrelid "
        "WHERE a.attnum > 0 AND NOT a.attisdropped AND c.relkind IN ('r', 'p') AND pg_table_is_visible(c.oid)"
    ),
    "mysql": "SELECT table_name, column_name, column_type FROM information_schema.columns WHERE table_schema = "
    "DATABASE()",
}


def listed_types(connection: BaseDatabaseWrapper) -> dict[tuple[str, str], str]:
    """(table, column) in lower case -> its type in one spelling; empty for an engine that isn't known."""
    if connection.vendor not in _LISTED:
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_LISTED[connection.vendor])
        return {
            (table.lower(), column.lower()): one_spelling(connection, _text(kind))
            for table, column, kind in cursor.fetchall()
            if kind  # columns of SQLite's virtual tables have none
        }


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
