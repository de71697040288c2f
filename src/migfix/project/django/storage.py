"""How MySQL or MariaDB stores the tables of a database: engines, types, collations, foreign keys."""

from __future__ import annotations

from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

_TABLES = """
SELECT table_name, engine, table_collation, row_format, table_rows, data_length + index_length
FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'
"""
_COLUMNS = """
SELECT table_name, column_name, column_type, collation_name, is_nullable = 'YES', extra LIKE '%auto_increment%',
  (column_default IS NOT NULL AND column_default <> 'NULL') OR column_comment <> ''
FROM information_schema.columns WHERE table_schema = DATABASE()
"""
_REFERENCES = """
SELECT CONCAT(referenced_table_name, '.', referenced_column_name), CONCAT(table_name, '.', column_name)
FROM information_schema.key_column_usage
WHERE table_schema = DATABASE() AND referenced_table_schema = DATABASE()
"""


def storage_in(connection: BaseDatabaseWrapper) -> dict[str, Any] | None:
    """The answer as JSON data; None for another engine."""
    if connection.vendor != "mysql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT @@collation_database, @@innodb_default_row_format")
        collation, row_format = cursor.fetchone()
        tables = [[*row[:4], int(row[4] or 0), int(row[5] or 0)] for row in _rows(cursor, _TABLES)]
        columns = [[*row[:4], *map(bool, row[4:])] for row in _rows(cursor, _COLUMNS)]
        return {
            "tables": tables,
            "columns": columns,
            "references": _rows(cursor, _REFERENCES),
            "collation": collation,
            "row_format": row_format,
            "is_mariadb": bool(getattr(connection, "mysql_is_mariadb", False)),
            "has_uuid": bool(getattr(connection.features, "has_native_uuid_field", False)),
        }


def _rows(cursor: Any, sql: str) -> list[list[Any]]:
    cursor.execute(sql)
    return [[each.decode() if isinstance(each, bytes) else each for each in row] for row in cursor.fetchall()]
