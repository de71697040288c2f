"""What Django's autodetector finds between two states."""

from __future__ import annotations

from collections.abc import Container

from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ProjectState


def differences(before: ProjectState, after: ProjectState, apps: Container[str] | None = None) -> list[str]:
    """What Django's autodetector would write to get from one state to the other, in both directions, in ``apps``."""
    found = []
    for old, new in ((before, after), (after, before)):
        labels = {label for label, _ in (*old.models, *new.models)}
        detector = MigrationAutodetector(old, new, MigrationQuestioner(specified_apps=labels, dry_run=True))
        for label, migrations in detector.changes(MigrationGraph()).items():
            if apps is None or label in apps:
                found += [
                    f"{label}: {operation.describe()}" for migration in migrations for operation in migration.operations
                ]
    return found
