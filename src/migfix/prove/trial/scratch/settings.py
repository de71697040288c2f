"""The DATABASES setting for a trial, with every database replaced by a scratch one."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from copy import deepcopy
from typing import Any
from urllib.parse import urlsplit

from migfix.errors import MigfixError
from migfix.prove.trial.scratch.fence import CONFIGURED_NAME, leaves

PREFIX = "migfix_scratch_"


_SQLITE = {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}


_NAMES_IN_OPTIONS = ("dbname", "database", "db", "service")
"""Driver options that would override NAME."""


_LEFT_OUT = ("pool", *_NAMES_IN_OPTIONS)
"""Options that are removed. A pool would keep connections to a database that must be dropped."""


Databases = dict[str, dict[str, Any]]


def scratch_settings(configured: Databases, engine: str | None, alias: str) -> Databases:
    """DATABASES with every database replaced by a scratch one, on its own engine or on ``engine`` ("sqlite" or a URL).

    Raises MigfixError if a configured database has migfix's prefix, if there is no ``alias``, or if the engine is
    invalid.
    """
    for name, database in configured.items():
        options = database.get("OPTIONS") or {}
        names = [database.get("NAME"), (database.get("TEST") or {}).get("NAME"), *map(options.get, _NAMES_IN_OPTIONS)]
        for taken in map(str, filter(None, names)):
            if taken.rpartition("/")[2].lower().startswith(PREFIX):
                raise MigfixError(
                    f"The database `{name}` of your settings is called {taken}.",
                    f"migfix drops databases that start with {PREFIX}. Rename that database.",
                )
    if alias not in configured:
        raise MigfixError(f"The settings have no database `{alias}`.", f"They have {', '.join(configured)}.")
    token, found = secrets.token_hex(6), dict[str, dict[str, Any]]()
    scratch_of: dict[str, str] = {}
    for name, database in configured.items():
        if not is_used(database):
            found[name] = dict(database)
            continue
        new = deepcopy(database) if engine is None else _on(engine, name, database)
        mirror = (database.get("TEST") or {}).get("MIRROR")
        test = {**(new.get("TEST") or {}), "MIRROR": mirror}
        mirrored = mirror or name
        scratch = scratch_of.setdefault(mirrored, f"{PREFIX}{token}_{len(scratch_of)}")
        configured_name = new.get("NAME")
        is_sqlite = _server_of(new["ENGINE"]) == "sqlite"
        new["NAME"] = f"file:{scratch}?mode=memory&cache=shared" if is_sqlite else scratch
        new["TEST"] = {**test, "NAME": new["NAME"], CONFIGURED_NAME: configured_name}
        options = new.get("OPTIONS") or {}
        new["OPTIONS"] = {key: each for key, each in options.items() if key not in _LEFT_OUT and not _leaves(key, each)}
        found[name] = new
    return found


def _leaves(option: str, value: object) -> bool:
    """Whether a driver option is a statement that switches to another database."""
    return option == "init_command" and leaves("mysql", str(value))


def is_used(database: Mapping[str, Any]) -> bool:
    """Whether there is a database for an alias. In Django, ``{}`` means that there is no default database."""
    return database.get("ENGINE") not in (None, "", "django.db.backends.dummy")


def _on(engine: str, alias: str, database: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a database on another server, with the backend of the project if that can use the server.

    PostGIS and django-tenants need theirs. Raises MigfixError.
    """
    new, own = _said(engine), str(database["ENGINE"])
    if _server_of(own) == _server_of(new["ENGINE"]):
        return {**new, "ENGINE": own}
    if own.startswith("django_tenants."):
        raise MigfixError(f"`{alias}` uses {own}, which needs PostgreSQL.", "Use --engine postgresql://…")
    return new


def _server_of(backend: str) -> str:
    """What a backend talks to, by its name; "" if that doesn't tell."""
    names = {"postg": "postgresql", "psql": "postgresql", "mysql": "mysql", "sqlite": "sqlite", "spatialite": "sqlite"}
    return next((server for name, server in names.items() if name in backend), "")


def _said(engine: str) -> dict[str, Any]:
    """The settings of a database on the engine that the user passed. Raises MigfixError."""
    if engine in ("sqlite", "sqlite3"):
        return dict(_SQLITE)
    if "://" not in engine:
        raise MigfixError(
            f"--engine {engine} doesn't name a server.",
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
