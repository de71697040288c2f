"""The changes that Django's autodetector finds between two states."""

from __future__ import annotations

from collections.abc import Container

from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ProjectState
from django.db.models.options import normalize_together


def differences(before: ProjectState, after: ProjectState, apps: Container[str] | None = None) -> list[str]:
    """The operations that Django's autodetector generates between two states, in both directions, for ``apps``."""
    return [*changes(before, after, apps), *changes(after, before, apps)]


def changes(before: ProjectState, after: ProjectState, apps: Container[str] | None = None) -> list[str]:
    """The operations that Django's autodetector generates to get from ``before`` to ``after``, for ``apps``."""
    before, after = before.clone(), after.clone()  # the autodetector modifies the states of new models
    for state in (before, after):
        _normalise(state)
    labels = {label for label, _ in (*before.models, *after.models)}
    detector = MigrationAutodetector(before, after, MigrationQuestioner(specified_apps=labels, dry_run=True))
    return [
        f"{label}: {operation.describe()}"
        for label, migrations in detector.changes(MigrationGraph()).items()
        if apps is None or label in apps
        for migration in migrations
        for operation in migration.operations
    ]


def _normalise(state: ProjectState) -> None:
    """Convert options to sets of tuples. CreateModel keeps the lists of old files, which can't be compared."""
    for model in state.models.values():
        for name in ("unique_together", "index_together"):
            if name in model.options:
                model.options[name] = set(normalize_together(model.options[name]))
