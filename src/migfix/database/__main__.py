"""The process that imports the project and asks its databases what is applied there: JSON in, JSON out.

Looks only: a SQLite file that isn't there is not made.
"""

from __future__ import annotations

from pathlib import Path

from django.db import DatabaseError, connections

from migfix.asking import reply
from migfix.database import applied_and_tables


def answer(aliases: list[str]) -> dict[str, object]:
    """Alias -> the migrations that are applied there, or why that can't be told."""
    found: dict[str, object] = {}
    for alias in aliases or list(connections):
        if alias not in connections:
            found[alias] = "the settings don't name it"
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
