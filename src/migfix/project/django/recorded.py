"""What is applied in the databases of a project, read in the process that imports the project.

``python -m migfix.project.django.recorded`` answers in a separate process: JSON in, JSON out. It only reads: a SQLite
file that doesn't exist isn't created.
"""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit

from django.core.exceptions import ObjectDoesNotExist
from django.db import DatabaseError, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

from migfix.project.django.answering import reply
from migfix.project.django.read_only import read_only
from migfix.project.django.storage import storage_in
from migfix.project.django.tenants import connected, places_in
from migfix.project.facts import LAST_KEY


def applied_and_tables(alias: str) -> tuple[list[tuple[str, str]], list[str]]:
    """The migrations that are recorded as applied, as (app, name), and the names of all tables."""
    connection = connections[alias]
    return sorted(MigrationRecorder(connection).applied_migrations()), connection.introspection.table_names()


_COLUMNS = "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = "
_COLUMNS_OF = {
    "sqlite": "SELECT m.name, c.name FROM sqlite_master m, pragma_table_xinfo(m.name) c "
    "WHERE m.type = 'table' AND c.hidden <> 1",
    "postgresql": f"{_COLUMNS} ANY (current_schemas(false))",
    "mysql": f"{_COLUMNS} DATABASE()",
}


def columns_in(connection: BaseDatabaseWrapper) -> dict[str, list[str]]:
    """Table -> its columns; empty for an engine that isn't known."""
    return _by_table(connection, _COLUMNS_OF)


_INDEXES_OF = {
    "sqlite": "SELECT tbl_name, name FROM sqlite_master WHERE type = 'index'",
    "postgresql": "SELECT tablename, indexname FROM pg_indexes WHERE schemaname = ANY (current_schemas(false))",
    "mysql": "SELECT DISTINCT table_name, index_name FROM information_schema.statistics "
    "WHERE table_schema = DATABASE()",
}


def indexes_in(connection: BaseDatabaseWrapper) -> dict[str, list[str]]:
    """Table -> the names of its indexes; empty for an engine that isn't known."""
    return _by_table(connection, _INDEXES_OF)


def _by_table(connection: BaseDatabaseWrapper, statements: dict[str, str]) -> dict[str, list[str]]:
    """Table -> the names that the statement for this engine gives."""
    found: dict[str, list[str]] = {}
    if connection.vendor in statements:
        with connection.cursor() as cursor:
            cursor.execute(statements[connection.vendor])
            for table, name in cursor.fetchall():
                found.setdefault(table, []).append(name)
    return found


_KEYS_OF = {
    "sqlite": "SELECT m.name, c.name FROM sqlite_master m, pragma_table_info(m.name) c WHERE m.type = 'table' "
    "AND c.pk = 1 AND lower(c.type) IN ('integer', 'bigint', 'smallint')",
    "postgresql": "SELECT t.relname, a.attname FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid "
    "JOIN pg_attribute a ON a.attrelid = t.oid AND a.attnum = i.indkey[0] WHERE i.indisprimary AND i.indnatts = 1 "
    "AND format_type(a.atttypid, NULL) IN ('integer', 'bigint', 'smallint') AND pg_table_is_visible(t.oid) "
    "AND has_table_privilege(t.oid, 'SELECT')",
    "mysql": "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = DATABASE() "
    "AND column_key = 'PRI' AND data_type IN ('int', 'bigint', 'smallint')",
}
"""The statement that lists the tables with an integer key, and its column."""


def first_keys_in(connection: BaseDatabaseWrapper) -> dict[str, list[int]]:
    """Table -> the primary keys up to ``LAST_KEY`` that are there, for tables with integer keys."""
    found: dict[str, list[int]] = {}
    if connection.vendor in _KEYS_OF:
        quoted = connection.ops.quote_name
        with connection.cursor() as cursor:
            cursor.execute(_KEYS_OF[connection.vendor])
            for table, column in cursor.fetchall():
                where = f"WHERE {quoted(column)} BETWEEN 0 AND {LAST_KEY}"
                cursor.execute(f"SELECT {quoted(column)} FROM {quoted(table)} {where}")
                found[table] = [key for (key,) in cursor.fetchall()]
    return found


def invalid_indexes_in(connection: BaseDatabaseWrapper) -> list[str]:
    """The indexes that PostgreSQL could not build concurrently. They stay, and are invalid."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid WHERE NOT i.indisvalid"
        )
        return sorted(name for (name,) in cursor.fetchall())


def answer(aliases: list[str]) -> dict[str, object]:
    """Alias -> the migrations that are applied there, its tables and invalid indexes, or why they can't be read."""
    found: dict[str, object] = {}
    for alias in aliases or _own_databases():
        own, _, _ = alias.partition("/")
        if own not in connections:
            found[alias] = "it isn't in the settings"
            continue
        database = connections[own]
        if database.vendor == "sqlite" and not _file_of(database).exists():
            found[alias] = {"applied": [], "tables": {}, "invalid": []}
            continue
        try:
            for place in places_in(alias):
                found[place] = _read(connected(place))
        except (DatabaseError, ObjectDoesNotExist) as error:
            found[alias] = " ".join(str(error).split())
    return found


def _own_databases() -> list[str]:
    """The databases in the settings, without copies of others and without empty entries."""
    used = (each for each in connections if connections[each].vendor != "unknown")  # of django.db.backends.dummy
    return [each for each in used if not connections[each].settings_dict["TEST"].get("MIRROR")]


def _read(database: BaseDatabaseWrapper) -> dict[str, object]:
    with read_only(database):
        return {
            "applied": sorted(MigrationRecorder(database).applied_migrations()),
            "tables": columns_in(database),
            "indexes": indexes_in(database),
            "invalid": invalid_indexes_in(database),
            "storage": storage_in(database),
            "keys": first_keys_in(database),
        }


def _file_of(database: BaseDatabaseWrapper) -> Path:
    """The file of a SQLite database, also of one that is named as a URI: ``file:db.sqlite3?mode=ro``."""
    name = str(database.settings_dict["NAME"])
    if name.startswith("file:"):
        return Path(unquote(urlsplit(name).path))
    return Path(name)


if __name__ == "__main__":
    reply(lambda request: answer(request["aliases"]))
