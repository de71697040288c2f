"""The process that imports the project: reads a request from stdin, asks Django, writes the answer to stdout.

It sees the planned bytes, not the files on disk.
"""

from __future__ import annotations

import base64
import json
import os
import sys
from types import ModuleType

import django
from django.db.migrations.exceptions import CircularDependencyError
from django.db.migrations.migration import Migration
from django.db.migrations.state import ProjectState
from django.utils import translation

from migfix.prove.detect import differences
from migfix.prove.planned import PlannedFinder, PlannedLoader


def end_state(planned: dict[str, bytes], is_ordered: bool) -> ProjectState:
    """The state after all migrations; without an order, each app's operations are read on their own.

    Raises CircularDependencyError if an order is wanted and there is none.
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
    state = ProjectState(real_apps=loader.unmigrated_apps)
    migrations = loader.disk_migrations
    replaced = {key for migration in migrations.values() for key in migration.replaces}
    waiting = {key: each for key, each in sorted(migrations.items()) if key not in replaced}
    while waiting:
        ready = [
            k
            for k, each in waiting.items()
            if not any(tuple(d) in waiting and d[0] == k[0] and tuple(d) != k for d in each.dependencies)
        ]
        for key in ready or list(waiting)[:1]:
            for operation in waiting.pop(key).operations:
                operation.state_forwards(key[0], state)
    return state


def answer(request: dict[str, object]) -> dict[str, object]:
    """What Django says about a plan."""
    files = request["after"]
    assert isinstance(files, dict)
    planned = {os.path.realpath(path): base64.b64decode(content) for path, content in files.items()}
    try:
        before, after = end_state({}, True), end_state(planned, True)
    except CircularDependencyError:
        before, after = end_state({}, False), end_state(planned, False)
        end_state(planned, True)
    found: dict[str, object] = {"differences": differences(before, after)}
    if alias := request.get("database"):
        from migfix.database import applied_and_tables

        found["applied"], found["tables"] = applied_and_tables(str(alias))
    return found


def main() -> None:
    request = json.load(sys.stdin)
    sys.path.insert(0, request["root"])
    os.environ["DJANGO_SETTINGS_MODULE"] = request["settings"]
    real_stdout, sys.stdout = sys.stdout, sys.stderr
    django.setup()
    translation.deactivate_all()
    json.dump(answer(request), real_stdout)


if __name__ == "__main__":
    main()
