"""Scratch databases that a killed run left behind, and the locks that tell them from those in use."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from django.db.utils import DatabaseError

from migfix.prove.trial.scratch.settings import PREFIX

PATIENCE = 10


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
            drop(cursor, vendor, name)
        except DatabaseError:  # another session of the dead run is still there, or another user made it
            in_use += 1
        _let_go(cursor, vendor, name)
    return in_use


def drop(cursor: Any, vendor: str, name: str) -> None:
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


def claim(cursor: Any, vendor: str, name: str) -> None:
    """Take the lock of a scratch database, and wait while another run looks whether that name is a left-over.

    It would drop what is made under the name meanwhile.
    """
    for _ in range(PATIENCE * 10):
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
