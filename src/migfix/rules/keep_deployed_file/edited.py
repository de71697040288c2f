"""What an edit of a deployed migration changes."""

from __future__ import annotations

from migfix.changes.relabelling import relabelling_of
from migfix.history import History
from migfix.history.differences import table_differences
from migfix.source.migration import Migration

_STEPS = ("RunPython", "RunSQL")


def changes(migration: Migration, deployed: Migration, history: History) -> list[str]:
    """What databases don't get that ran the deployed version, one line each: ``blog.Post.rank is new``."""
    before = history.with_migrations([deployed]).state_after(deployed)
    found = table_differences(before, history.state_after(migration), migration.app)
    for kind in _STEPS:
        count, was = (sum(op.kind == kind for op in each.operations) for each in (migration, deployed))
        found += [f"a {kind} is new"] * (count > was)
    return found


def is_relabelled(migration: Migration, deployed: Migration, history: History) -> bool:
    """Whether the file only names apps by their new labels: ``replaces`` of their migrations has the old ones."""
    source = deployed.source
    for new in history.labels:
        own = history.app(new).values()
        for old in {app for each in own for app, _ in each.replaces} - set(history.labels):
            source = relabelling_of(own, old, new).apply(source)
    return source == migration.source


def removed_apps(deployed: Migration, history: History) -> list[str]:
    """The apps that the deployed version depends on and the project no longer has."""
    apps = dict.fromkeys(each.key[0] for each in deployed.dependencies if each.key)
    return [app for app in apps if history.has_app(app) is False]


def new_label(old: str, migration: Migration, deployed: Migration, history: History) -> str:
    """The label that the edit puts in place of another one and changes nothing else; "" if it does something else."""
    labels = (label for label in history.labels if history.app(label))
    changed = ((label, relabelling_of(history.app(label).values(), old, label)) for label in labels)
    return next((label for label, each in changed if each.apply(deployed.source) == migration.source), "")


def appended_from(migration: Migration, deployed: Migration) -> int | None:
    """The index of the first operation that was appended; None if the earlier ones changed as well."""
    was = [each.value for each in deployed.operations]
    now = [each.value for each in migration.operations]
    return len(was) if was and len(now) > len(was) and now[: len(was)] == was else None
