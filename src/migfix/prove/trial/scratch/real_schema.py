"""The structure of a real database, without its rows, as its server shows it."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder
from django.db.utils import DatabaseError

from migfix.errors import MigfixError
from migfix.project.django.read_only import read_only
from migfix.prove.trial.foreign import one_line
from migfix.source.migration import Key


@dataclass(frozen=True)
class RealSchema:
    """What a scratch database starts from."""

    alias: str
    vendor: str
    statements: tuple[str, ...]
    applied: tuple[Key, ...]

    def build(self, connection: BaseDatabaseWrapper) -> None:
        """Make the tables and records in an empty scratch database. Raises DatabaseError."""
        connection.disable_constraint_checking()
        with connection.cursor() as cursor:
            for each in self.statements:
                cursor.execute(each)
        connection.enable_constraint_checking()
        recorder = MigrationRecorder(connection)
        for app, name in self.applied:
            recorder.record_applied(app, name)


def real_schema(alias: str, set_up: Callable[[], None]) -> RealSchema:
    """Read the structure of a configured database in a read-only transaction. Raises MigfixError.

    ``set_up`` loads the project. The connection is closed again.
    """
    set_up()
    connection = connections[alias]
    try:
        with read_only(connection), connection.cursor() as cursor:
            applied = tuple(MigrationRecorder(connection).applied_migrations())
            statements = tuple(_STATEMENTS[connection.vendor](connection, cursor))
    except DatabaseError as error:
        raise MigfixError(f"Database {alias} can't be read: {one_line(error).rstrip('.')}.") from None
    finally:
        connection.close()
        del connections[alias]
    return RealSchema(alias, connection.vendor, statements, applied)


def _of_sqlite(connection: BaseDatabaseWrapper, cursor: Any) -> Iterator[str]:
    """Tables first. SQLite makes the tables behind a virtual one itself."""
    cursor.execute("SELECT name FROM pragma_table_list WHERE type = 'shadow'")
    made = {name for (name,) in cursor.fetchall()}
    cursor.execute(
        "SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' "
        "ORDER BY type <> 'table', type = 'trigger', rowid"
    )
    yield from (sql for name, sql in cursor.fetchall() if name not in made)


def _of_mysql(connection: BaseDatabaseWrapper, cursor: Any) -> Iterator[str]:
    """The tables, and what the database gives to new ones. Views and triggers are left out."""
    cursor.execute("SELECT @@character_set_database, @@collation_database")
    yield "ALTER DATABASE CHARACTER SET {} COLLATE {}".format(*cursor.fetchone())
    tables = [each.name for each in connection.introspection.get_table_list(cursor) if each.type == "t"]
    for table in tables:
        cursor.execute(f"SHOW CREATE TABLE {connection.ops.quote_name(table)}")
        yield re.sub(r" AUTO_INCREMENT=\d+", "", cursor.fetchone()[1])


def _of_postgresql(connection: BaseDatabaseWrapper, cursor: Any) -> Iterator[str]:
    """One text by pg_dump. Lines for psql are left out, and the one that empties search_path for the session."""
    where: dict[str, Any] = connection.settings_dict
    given = {"host": where["HOST"], "port": where["PORT"], "username": where["USER"], "dbname": where["NAME"]}
    options = [f"--{name}={value}" for name, value in given.items() if value]
    environment = os.environ | ({"PGPASSWORD": where["PASSWORD"]} if where["PASSWORD"] else {})
    command = ["pg_dump", "--schema-only", "--no-owner", "--no-privileges", "--no-password", *options]
    try:
        dumped = subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout
    except FileNotFoundError:
        raise MigfixError(
            "pg_dump isn't installed, and --real-schema needs it on PostgreSQL.",
            "Install the client programs of PostgreSQL.",
        ) from None
    except subprocess.CalledProcessError as error:
        reason = (error.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise MigfixError(f"pg_dump failed: {reason.rstrip('.')}.") from None
    left_out = ("\\", "SELECT pg_catalog.set_config('search_path'", "CREATE SCHEMA public;")
    yield "\n".join(line for line in dumped.splitlines() if not line.startswith(left_out))


_STATEMENTS: dict[str, Callable[[BaseDatabaseWrapper, Any], Iterator[str]]] = {
    "sqlite": _of_sqlite,
    "mysql": _of_mysql,
    "postgresql": _of_postgresql,
}
