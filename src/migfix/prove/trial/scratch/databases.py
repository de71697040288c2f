"""Scratch databases that only migfix creates, uses and drops.

Every name starts with ``migfix_scratch_``; no other database is ever dropped. During a run, its session holds a lock on
the server with that name (an advisory lock in PostgreSQL, ``GET_LOCK`` in MySQL and MariaDB). The server releases the
lock when the process ends for any reason. A scratch database whose lock is free was therefore left behind by a run that
was killed, and the next run drops it.
"""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from copy import deepcopy

from django.conf import settings
from django.core.exceptions import AppRegistryNotReady, ImproperlyConfigured
from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.utils import DatabaseError

from migfix.errors import MigfixError
from migfix.prove.trial.foreign import one_line
from migfix.prove.trial.scratch.fence import put_up
from migfix.prove.trial.scratch.left_overs import PATIENCE, claim, drop, drop_left_overs
from migfix.prove.trial.scratch.server import SERVERS, server_cursor, where
from migfix.prove.trial.scratch.settings import PREFIX, Databases, is_used

PLAIN = "migfix_plain"
"""Alias of the database in which the tables of the models are created directly, without migrations."""

_CURRENT = {"postgresql": "SELECT current_database()", "mysql": "SELECT DATABASE()"}


@contextmanager
def scratch_databases(replaced: Databases, set_up: Callable[[], None]) -> Iterator[None]:
    """Create the databases in ``replaced`` and point Django at them. No configured database is reachable in the block.

    ``set_up`` loads the project, for a backend that imports models. The databases are always dropped at the end. Raises
    MigfixError if they can't be created.
    """
    made: set[str] = set()
    put_up()
    with ExitStack() as stack:
        for connection in _pointed_at(replaced, set_up):
            if connection.settings_dict["NAME"] not in made:
                made.add(connection.settings_dict["NAME"])
                stack.enter_context(scratch_database(connection))
        yield


def _pointed_at(replaced: Databases, set_up: Callable[[], None]) -> Iterator[BaseDatabaseWrapper]:
    """Replace Django's databases with these, and yield the connection of each that is used."""
    settings.DATABASES = replaced
    connections.settings = connections.configure_settings(replaced)  # in case they were already read
    for alias, database in replaced.items():
        if is_used(database):
            yield _connection(alias, set_up)


def _connection(alias: str, set_up: Callable[[], None]) -> BaseDatabaseWrapper:
    try:
        try:
            connection = connections[alias]
        except AppRegistryNotReady:
            set_up()
            connection = connections[alias]
    except (ImproperlyConfigured, ImportError) as error:
        engine = connections.settings[alias]["ENGINE"]
        reason = str(error).splitlines()[0].rstrip(".?")
        raise MigfixError(
            f"Django can't use {engine}: {reason}.", "Is the driver of that database installed?"
        ) from None
    if connection.vendor not in ("sqlite", *SERVERS):
        raise MigfixError(
            f"migfix verify knows SQLite, PostgreSQL, MySQL and MariaDB, and `{alias}` is {connection.vendor}.",
            "Use --engine to run on one of those.",
        )
    return connection


@contextmanager
def scratch_database(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Create the database that ``connection`` names for the block. Left-overs of killed runs are dropped first."""
    if connection.vendor not in SERVERS:
        connection.ensure_connection()  # in memory, it exists as long as a connection is open
        try:
            yield
        finally:
            BaseDatabaseWrapper.close(connection)  # SQLite's own close() keeps in-memory databases open
        return
    name = connection.settings_dict["NAME"]
    assert name.startswith(PREFIX)
    warnings.filterwarnings("ignore", "Accessing the database during app initialization")
    with ExitStack() as stack:
        cursor = stack.enter_context(server_cursor(connection))
        try:
            drop_left_overs(cursor, connection.vendor)
            claim(cursor, connection.vendor, name)
            suffix = connection.creation.sql_table_creation_suffix()
            cursor.execute(f"CREATE DATABASE {connection.ops.quote_name(name)} {suffix}")
        except DatabaseError as error:
            raise MigfixError(
                f"No scratch database could be made ({where(connection)}): {one_line(error).rstrip('.?')}.",
                "The user needs the right to create databases; --engine sqlite needs no server.",
            ) from None
        try:
            _demand_scratch(connection)
            yield
        finally:
            with suppress(DatabaseError):  # if the server is gone, the next run drops the database
                connection.close()
                for each in connections.all():  # its mirrors
                    if each.settings_dict["NAME"] == name:
                        each.close()
                drop(cursor, connection.vendor, name)


def _demand_scratch(connection: BaseDatabaseWrapper) -> None:
    """Check with the server that this connection uses the scratch database. Raises MigfixError if it doesn't."""
    with connection.cursor() as cursor:
        cursor.execute(_CURRENT[connection.vendor])
        (name,) = cursor.fetchone()
    if name != connection.settings_dict["NAME"]:
        raise MigfixError(
            f"The settings lead to the database {name} instead of a scratch one ({where(connection)}).",
            "Remove what names a database from OPTIONS.",
        )


@contextmanager
def plain_database(alias: str) -> Iterator[BaseDatabaseWrapper]:
    """Another scratch database on the same server as that of ``alias``."""
    old = connections[alias]
    new = deepcopy(dict(old.settings_dict))
    new["NAME"] = old.settings_dict["NAME"].replace(PREFIX, f"{PREFIX}plain_")
    connection = type(old)(new, PLAIN)
    connections[PLAIN] = connection
    try:
        with scratch_database(connection):
            yield connection
    finally:
        del connections[PLAIN]


def engine_name(connection: BaseDatabaseWrapper) -> str:
    """The name of the engine in reports."""
    if connection.vendor == "mysql":
        return "mariadb" if getattr(connection, "mysql_is_mariadb", False) else "mysql"
    return connection.vendor


def sweep(replaced: Databases, set_up: Callable[[], None]) -> None:
    """Drop left-overs on every server. Retry for a few seconds, because a server may notice late that a run ended."""
    for connection in _pointed_at(replaced, set_up):
        if connection.vendor in SERVERS:
            for _ in range(PATIENCE):
                with server_cursor(connection) as cursor:
                    if not drop_left_overs(cursor, connection.vendor):
                        break
                time.sleep(0.5)
