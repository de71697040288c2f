"""Facts of one live database. It is only read."""

from __future__ import annotations

from django.db import connections
from django.db.migrations.recorder import MigrationRecorder


def applied_and_tables(alias: str) -> tuple[list[tuple[str, str]], list[str]]:
    """The migrations that are recorded as applied, as (app, name), and the names of all tables."""
    connection = connections[alias]
    return sorted(MigrationRecorder(connection).applied_migrations()), connection.introspection.table_names()
