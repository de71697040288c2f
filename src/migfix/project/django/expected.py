"""The tables that the applied migrations of a database should have made, as Django knows them.

``python -m migfix.project.django.expected`` answers in a separate process. It fails where Django can't load the
migrations.
"""

from __future__ import annotations

from django.db import connections
from django.db.migrations.loader import MigrationLoader

from migfix.project.django.answering import reply


def expected(alias: str) -> list[tuple[str, str, str, list[str]]]:
    """App, label, table and columns of each model, and of each table of links."""
    connection = connections[alias]
    loader = MigrationLoader(connection)
    nodes = [key for key in loader.applied_migrations if key in loader.graph.nodes]
    state = loader.project_state(nodes, at_end=True)
    found = []
    for model in state.apps.get_models(include_auto_created=True):
        options = model._meta
        if options.can_migrate(connection):
            columns = [each.column for each in options.local_concrete_fields if each.column]
            found.append((options.app_label, options.label, options.db_table, columns))
    return found


if __name__ == "__main__":
    reply(lambda request: expected(request["alias"]))
