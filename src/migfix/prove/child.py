"""The process that imports the project: it reads a request from stdin and writes Django's answer to stdout.

Migrations in the plan are imported with their planned content instead of the files on disk.
"""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Iterator
from types import ModuleType

from django.core.exceptions import FieldDoesNotExist
from django.db.migrations.exceptions import CircularDependencyError, NodeNotFoundError
from django.db.migrations.migration import Migration
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from django.utils import translation

from migfix.project.django.answering import reply
from migfix.project.django.recorded import applied_and_tables
from migfix.prove.autodetector import differences
from migfix.prove.planned import PlannedFinder, PlannedLoader
from migfix.source.migration import Key


def end_state(planned: dict[str, bytes], is_ordered: bool) -> ProjectState:
    """The state after all migrations. Without ``is_ordered``, dependencies between apps are ignored.

    Raises CircularDependencyError or NodeNotFoundError if ``is_ordered`` and there is no valid order, and LookupError
    or FieldDoesNotExist if an operation names a model or field that doesn't exist.
    """
    try:
        with PlannedFinder(planned):
            loader = PlannedLoader(None, planned, load=False)
            if is_ordered:
                loader.build_graph()
                state = loader.project_state()
                assert isinstance(state, ProjectState)
                return state
            loader.load_disk()
            return _unordered_state(loader)
    finally:
        for name in [name for name, module in sys.modules.items() if _is_migration(module)]:
            del sys.modules[name]


def _is_migration(module: ModuleType) -> bool:
    return isinstance(vars(module).get("Migration"), type) and issubclass(vars(module)["Migration"], Migration)


def _unordered_state(loader: PlannedLoader) -> ProjectState:
    """The state after the operations of each app in the app's own order.

    An operation whose model or field doesn't exist yet is retried later. Raises LookupError or FieldDoesNotExist if
    it never exists.
    """
    state = ProjectState(real_apps=loader.unmigrated_apps)
    waiting: list[tuple[str, Operation]] = []
    for (app, _), migration in _in_each_apps_order(loader):
        waiting += [(app, operation) for operation in migration.operations]
        while waiting and (left := [each for each in waiting if not _is_applied(*each, state)]) != waiting:
            waiting = left
    for app, operation in waiting:
        operation.state_forwards(app, state)
    return state


def _in_each_apps_order(loader: PlannedLoader) -> Iterator[tuple[Key, Migration]]:
    migrations = loader.disk_migrations
    replaced = {key for migration in migrations.values() for key in migration.replaces}
    waiting = {key: each for key, each in sorted(migrations.items()) if key not in replaced}
    while waiting:
        ready = [
            k
            for k, each in waiting.items()
            if not any(tuple(d) in waiting and d[0] == k[0] and tuple(d) != k for d in each.dependencies)
        ]
        yield from ((key, waiting.pop(key)) for key in ready or list(waiting)[:1])


def _is_applied(app: str, operation: Operation, state: ProjectState) -> bool:
    try:
        operation.state_forwards(app, state)
    except (LookupError, FieldDoesNotExist):
        return False
    return True


def changed_models(planned: dict[str, bytes]) -> list[str]:
    """The changes that Django's autodetector finds between the files on disk and the ``planned`` ones."""
    if not planned:
        end_state({}, True)  # it only matters whether Django can load them
        return []
    planned = {os.path.realpath(path): content for path, content in planned.items()}
    try:
        before, after = end_state({}, True), end_state(planned, True)
    except (CircularDependencyError, NodeNotFoundError, LookupError, FieldDoesNotExist):
        before, after = end_state({}, False), end_state(planned, False)
        end_state(planned, True)
    return differences(before, after)


def answer(request: dict[str, object]) -> dict[str, object]:
    """The changes that a plan makes to the models and, if requested, what is applied in a database."""
    translation.deactivate_all()
    files = request["after"]
    assert isinstance(files, dict)
    planned = {path: base64.b64decode(content) for path, content in files.items()}
    found: dict[str, object] = {"differences": changed_models(planned)}
    if alias := request.get("database"):
        found["applied"], found["tables"] = applied_and_tables(str(alias))
    return found


if __name__ == "__main__":
    reply(answer)
