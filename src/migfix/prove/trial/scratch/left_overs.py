"""Scratch databases that a killed run left behind, and the locks that distinguish them from those in use."""

from __future__ import annotations

import time
from contextlib import suppress
from typing import Any

from django.db.utils import DatabaseError

from migfix.prove.trial.scratch.settings import PREFIX

PATIENCE = 10


def drop_left_overs(cursor: Any, vendor: str) -> int:
    """Drop the scratch databases of killed runs, whose lock is free. Returns the number of those that remain."""
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
        except DatabaseError:  # the killed run still has a session, or another user owns it
            in_use += 1
        _let_go(cursor, vendor, name)
    return in_use


def drop(cursor: Any, vendor: str, name: str) -> None:
    """Drop a scratch database. First end the sessions that threads of the project or a killed run left there.

    PostgreSQL 13 and later has ``WITH (FORCE)`` for that.
    """
    assert name.startswith(PREFIX)
    if vendor == "postgresql":
        cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
        cursor.execute(f'DROP DATABASE IF EXISTS "{name}"{" WITH (FORCE)" if cursor.db.pg_version >= 130000 else ""}')
        return
    cursor.execute("SELECT id FROM information_schema.processlist WHERE db = %s AND id <> CONNECTION_ID()", [name])
    for (session,) in cursor.fetchall():
        with suppress(DatabaseError):  # it has already ended
            cursor.execute(f"KILL {int(session)}")
    cursor.execute(f"DROP DATABASE IF EXISTS `{name}`")


def claim(cursor: Any, vendor: str, name: str) -> None:
    """Take the lock of a scratch database. Wait while another run holds it to check whether it is a left-over.

    That run would drop a database that is created in the meantime.
    """
    for _ in range(PATIENCE * 10):
        if _is_claimed(cursor, vendor, name):
            return
        time.sleep(0.05)


def _is_claimed(cursor: Any, vendor: str, name: str) -> bool:
    """Take the lock of a scratch database for this session. False if another run holds it."""
    if vendor == "postgresql":
        cursor.execute("SELECT pg_try_advisory_lock(hashtext(%s))", [name])
    else:
        cursor.execute("SELECT GET_LOCK(%s, 0)", [name])
    return bool(cursor.fetchone()[0])


def _let_go(cursor: Any, vendor: str, name: str) -> None:
    sql = "SELECT pg_advisory_unlock(hashtext(%s))" if vendor == "postgresql" else "SELECT RELEASE_LOCK(%s)"
    cursor.execute(sql, [name])
