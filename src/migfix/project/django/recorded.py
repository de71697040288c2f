"""What is applied in the databases of a project, read in the process that imports the project.

``python -m migfix.project.django.recorded`` answers in a separate process: JSON in, JSON out. It only reads: a SQLite
file that doesn't exist isn't created.
"""

from __future__ import annotations

from pathlib import Path

from django.db import DatabaseError, connections
from django.db.migrations.recorder import MigrationRecorder

from migfix.project.django.answering import reply


def applied_and_tables(alias: str) -> tuple[list[tuple[str, str]], list[str]]:
    """The migrations that are recorded as applied, as (app, name), and the names of all tables."""
    connection = connections[alias]
    return sorted(MigrationRecorder(connection).applied_migrations()), connection.introspection.table_names()


def answer(aliases: list[str]) -> dict[str, object]:
    """Alias -> the migrations that are applied there, or why they can't be read."""
    found: dict[str, object] = {}
    for alias in aliases or list(connections):
        if alias not in connections:
            found[alias] = "it isn't in the settings"
            continue
        database = connections[alias]
        if database.vendor == "sqlite" and not Path(str(database.settings_dict["NAME"])).exists():
            found[alias] = []
            continue
        try:
            found[alias] = applied_and_tables(alias)[0]
        except DatabaseError as error:
            found[alias] = " ".join(str(error).split())
    return found


if __name__ == "__main__":
    reply(lambda request: answer(request["aliases"]))
