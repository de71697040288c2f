"""Read a database without the power to change it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper


@contextmanager
def read_only(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Let the server refuse every change in the block.

    The setting is that of one transaction, so that a pool in front of the server gives it to nobody else: "SET
    TRANSACTION" in the manuals of PostgreSQL, MySQL and MariaDB; SQLite's "PRAGMA query_only".
    """
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA query_only = 1")
            try:
                yield
            finally:
                cursor.execute("PRAGMA query_only = 0")
        return
    if connection.vendor == "mysql":
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION READ ONLY")
    with transaction.atomic(using=connection.alias):
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION READ ONLY")
        yield
