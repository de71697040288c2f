"""Scratch databases: made, used and dropped by migfix alone.

Every name starts with ``migfix_scratch_``; nothing without it is ever dropped. While a run lives, its session holds
the server's own lock of that name (an advisory lock in PostgreSQL, ``GET_LOCK`` in MySQL and MariaDB), which the server
lets go when the process dies, however it dies. So a scratch database whose lock is free is a left-over of a run that
was killed, and the next run drops it.
"""

from __future__ import annotations

import secrets
import time
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from copy import deepcopy
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import AppRegistryNotReady, ImproperlyConfigured
from django.db import connections
from django.db.backends.base.base import NO_DB_ALIAS, BaseDatabaseWrapper
from django.db.utils import DatabaseError

from migfix.errors import MigfixError
from migfix.prove.trial.fence import CONFIGURED_NAME, leaves, put_up
from migfix.prove.trial.foreign import one_line

PREFIX = "migfix_scratch_"
PLAIN = "migfix_plain"
"""Alias of the database in which the models are built at once, without migrations."""

_SQLITE = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}
_SERVERS = ("postgresql", "mysql")
_PATIENCE = 10
_NAMES_IN_OPTIONS = ("dbname", "database", "db", "service")
"""Options of the drivers that would go before NAME."""
_CURRENT = {"postgresql": "SELECT current_database()", "mysql": "SELECT DATABASE()"}
_SERVER = {"postgresql": "PostgreSQL", "mysql": "MySQL or MariaDB"}
_LEFT_OUT = ("pool", *_NAMES_IN_OPTIONS)
"""A pool would hold connections to a database that shall be dropped."""

Databases = dict[str, dict[str, Any]]


def scratch_settings(configured: Databases, engine: str | None, alias: str) -> Databases:
    """DATABASES with every database replaced by a scratch one: of its own engine, or of ``engine`` ("sqlite" or a URL).

    Raises MigfixError if a configured database carries migfix's prefix or an engine can't be used.
    """
    for name, database in configured.items():
        options = database.get("OPTIONS") or {}
        names = [database.get("NAME"), (database.get("TEST") or {}).get("NAME"), *map(options.get, _NAMES_IN_OPTIONS)]
        for taken in map(str, filter(None, names)):
            if taken.rpartition("/")[2].lower().startswith(PREFIX):
                raise MigfixError(
                    f"The database `{name}` of your settings is called {taken}.",
                    f"migfix drops what starts with {PREFIX}; give that database another name.",
                )
    if alias not in configured:
        raise MigfixError(f"The settings have no database `{alias}`.", f"They have {', '.join(configured)}.")
    token, found = secrets.token_hex(6), dict[str, dict[str, Any]]()
    scratch_of: dict[str, str] = {}
    for name, database in configured.items():
        if not is_used(database):
            found[name] = dict(database)
            continue
        new = deepcopy(database) if engine is None else _said(engine)
        mirror = (database.get("TEST") or {}).get("MIRROR")
        test = {**(new.get("TEST") or {}), "MIRROR": mirror}
        mirrored = mirror or name
        scratch = scratch_of.setdefault(mirrored, f"{PREFIX}{token}_{len(scratch_of)}")
        configured_name = new.get("NAME")
        is_sqlite = new["ENGINE"].rpartition(".")[2] in ("sqlite3", "spatialite")
        new["NAME"] = f"file:{scratch}?mode=memory&cache=shared" if is_sqlite else scratch
        new["TEST"] = {**test, "NAME": new["NAME"], CONFIGURED_NAME: configured_name}
        options = new.get("OPTIONS") or {}
        new["OPTIONS"] = {key: each for key, each in options.items() if key not in _LEFT_OUT and not _leaves(key, each)}
        found[name] = new
    return found


def _leaves(option: str, value: object) -> bool:
    """Whether an option of the driver is a statement that makes another database the current one."""
    return option == "init_command" and leaves("mysql", str(value))


def is_used(database: Mapping[str, Any]) -> bool:
    """Whether there is a database behind an alias: ``{}`` is Django's way to have no default one."""
    return database.get("ENGINE") not in (None, "", "django.db.backends.dummy")


def _said(engine: str) -> dict[str, Any]:
    """A database of the engine that was named on the command line. Raises MigfixError."""
    if engine in ("sqlite", "sqlite3"):
        return dict(_SQLITE)
    if "://" not in engine:
        raise MigfixError(
            f"--engine {engine} doesn't say where that server is.",
            "Write a URL, as in postgresql://user:password@localhost:5432, or `sqlite`.",
        )
    import dj_database_url

    scheme = urlsplit(engine).scheme
    url = f"mysql{engine.removeprefix(scheme)}" if scheme == "mariadb" else engine
    try:
        return dict(dj_database_url.parse(url))
    except (dj_database_url.ParseError, dj_database_url.UnknownSchemeError, ValueError):
        raise MigfixError(f"--engine {_shown(engine)} isn't the URL of a database that migfix knows.") from None


def _shown(url: str) -> str:
    """A URL without its password."""
    user, at, rest = url.rpartition("@")
    return f"{user.rpartition(':')[0]}:…@{rest}" if at and user.count(":") > 1 else url


@contextmanager
def scratch_databases(replaced: Databases, set_up: Callable[[], None]) -> Iterator[None]:
    """Make the databases of ``replaced`` and point Django at them; inside the block no configured one can be reached.

    ``set_up`` loads the project, for a backend that imports models. Raises MigfixError if they can't be made. Drops
    them at the end, whatever happens.
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
    """Let Django know these databases and no others, and give the connection of each that is used."""
    settings.DATABASES = replaced
    connections.settings = connections.configure_settings(replaced)  # also where somebody has looked already
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
        said = str(error).splitlines()[0].rstrip(".?")
        raise MigfixError(f"Django can't use {engine}: {said}.", "Is the driver of that database installed?") from None
    if connection.vendor not in ("sqlite", *_SERVERS):
        raise MigfixError(
            f"migfix verify knows SQLite, PostgreSQL, MySQL and MariaDB, and `{alias}` is {connection.vendor}.",
            "Use --engine to prove it on one of those.",
        )
    return connection


@contextmanager
def scratch_database(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """The database that ``connection`` names, there inside the block only. Left-overs of killed runs go first."""
    if connection.vendor not in _SERVERS:
        connection.ensure_connection()  # in memory: there as long as one connection is open
        try:
            yield
        finally:
            BaseDatabaseWrapper.close(connection)  # that of SQLite keeps what is in memory open
        return
    name = connection.settings_dict["NAME"]
    assert name.startswith(PREFIX)
    warnings.filterwarnings("ignore", "Accessing the database during app initialization")
    with ExitStack() as stack:
        cursor = stack.enter_context(_server_cursor(connection))
        try:
            drop_left_overs(cursor, connection.vendor)
            _claim(cursor, connection.vendor, name)
            suffix = connection.creation.sql_table_creation_suffix()
            cursor.execute(f"CREATE DATABASE {connection.ops.quote_name(name)} {suffix}")
        except DatabaseError as error:
            raise MigfixError(
                f"No scratch database could be made ({_where(connection)}): {one_line(error).rstrip('.?')}.",
                "The user needs the right to create databases; --engine sqlite needs no server.",
            ) from None
        try:
            _demand_scratch(connection)
            yield
        finally:
            with suppress(DatabaseError):  # a server that is gone: the next run drops what was left there
                connection.close()
                for each in connections.all():  # of its mirrors
                    if each.settings_dict["NAME"] == name:
                        each.close()
                _drop(cursor, connection.vendor, name)


def _demand_scratch(connection: BaseDatabaseWrapper) -> None:
    """Nothing runs before the server itself has said that this connection is to the scratch database."""
    with connection.cursor() as cursor:
        cursor.execute(_CURRENT[connection.vendor])
        (name,) = cursor.fetchone()
    if name != connection.settings_dict["NAME"]:
        raise MigfixError(
            f"The settings lead to the database {name} instead of a scratch one ({_where(connection)}).",
            "Take what names a database out of OPTIONS.",
        )


@contextmanager
def _server_cursor(connection: BaseDatabaseWrapper) -> Iterator[Any]:
    """A cursor on the server; where its own database is closed to the user, on the configured one. Nothing but scratch
    databases is made or dropped by it. Raises MigfixError if the server can't be reached.
    """
    own = "postgres" if connection.vendor == "postgresql" else None
    configured = connection.settings_dict["TEST"].get(CONFIGURED_NAME)
    said = ""
    with ExitStack() as stack, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in dict.fromkeys([own, configured or own]):
            server = type(connection)({**connection.settings_dict, "NAME": name}, NO_DB_ALIAS)
            stack.callback(server.close)
            try:
                cursor = stack.enter_context(server.cursor())
                break
            except DatabaseError as error:
                said = said or one_line(error).rstrip(".?")
        else:
            raise MigfixError(
                f"The database server can't be used ({_where(connection)}): {said}.",
                "Is it running, and are user and password right? --engine sqlite needs no server.",
            )
        yield cursor


def _where(connection: BaseDatabaseWrapper) -> str:
    return f"{connection.settings_dict['HOST'] or 'localhost'}, {_SERVER[connection.vendor]}"


def sweep(replaced: Databases, set_up: Callable[[], None]) -> None:
    """Drop left-overs on every server; wait a little for one that hasn't noticed yet that its client is gone."""
    for connection in _pointed_at(replaced, set_up):
        if connection.vendor in _SERVERS:
            for _ in range(_PATIENCE):
                with _server_cursor(connection) as cursor:
                    if not drop_left_overs(cursor, connection.vendor):
                        break
                time.sleep(0.5)


def drop_left_overs(cursor: Any, vendor: str) -> int:
    """Drop the scratch databases of runs that are dead: their lock is free. The number of those in use."""
    in_use = 0
    pattern = PREFIX.replace("_", r"\_") + "%"
    if vendor == "postgresql":
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE %s", [pattern])
    else:
        cursor.execute("SHOW DATABASES LIKE %s", [pattern])
    for (name,) in cursor.fetchall():
        if not name.startswith(PREFIX):
            continue
        if not _is_claimed(cursor, vendor, name):
            in_use += 1
            continue
        try:
            _drop(cursor, vendor, name)
        except DatabaseError:  # another session of the dead run is still there, or another user made it
            in_use += 1
        _let_go(cursor, vendor, name)
    return in_use


def _drop(cursor: Any, vendor: str, name: str) -> None:
    """Drop a scratch database; sessions that threads of the project, or a dead run, left there are ended first.

    PostgreSQL has ``WITH (FORCE)`` for it from 13 on.
    """
    assert name.startswith(PREFIX)
    if vendor == "postgresql":
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"{" WITH (FORCE)" if cursor.db.pg_version >= 130000 else ""}')
        return
    cursor.execute("SELECT id FROM information_schema.processlist WHERE db = %s AND id <> CONNECTION_ID()", [name])
    for (session,) in cursor.fetchall():
        with suppress(DatabaseError):  # it has ended meanwhile
            cursor.execute(f"KILL {int(session)}")
    cursor.execute(f"DROP DATABASE IF EXISTS `{name}`")


def _claim(cursor: Any, vendor: str, name: str) -> None:
    """Take the lock of a scratch database, and wait while another run looks whether that name is a left-over.

    It would drop what is made under the name meanwhile.
    """
    for _ in range(_PATIENCE * 10):
        if _is_claimed(cursor, vendor, name):
            return
        time.sleep(0.05)


def _is_claimed(cursor: Any, vendor: str, name: str) -> bool:
    """Take the lock of a scratch database for this session; False if a living run holds it."""
    if vendor == "postgresql":
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [name])
    else:
        cursor.execute("SELECT GET_LOCK(%s, 0)", [name])
    return bool(cursor.fetchone()[0])


def _let_go(cursor: Any, vendor: str, name: str) -> None:
    sql = "SELECT pg_advisory_unlock(hashtext(%s))" if vendor == "postgresql" else "SELECT RELEASE_LOCK(%s)"
    cursor.execute(sql, [name])


@contextmanager
def plain_database(alias: str) -> Iterator[BaseDatabaseWrapper]:
    """One more scratch database beside that of ``alias``, on the same server."""
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
    """What the engine is called in reports."""
    if connection.vendor == "mysql":
        return "mariadb" if getattr(connection, "mysql_is_mariadb", False) else "mysql"
    return connection.vendor
