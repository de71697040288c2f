"""The process that imports the project: reads a request from stdin, asks Django, writes the answer to stdout.

It sees the planned bytes, not the files on disk: a finder at the head of ``sys.meta_path`` serves them.
"""

from __future__ import annotations

import base64
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

import django
from django.apps import apps
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.exceptions import CircularDependencyError
from django.db.migrations.graph import MigrationGraph
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ProjectState


class PlannedFinder(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):  # type: ignore[misc]
    """Serves migration modules from memory, and packages as they are."""

    def __init__(self, sources: dict[str, bytes]) -> None:
        self.sources = sources
        """Path of a file -> its planned content."""
        self.files: dict[str, str] = {}
        """Name of a module -> its path."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        for folder in path or ():
            file = str(Path(folder).resolve() / f"{fullname.rpartition('.')[2]}.py")
            if file in self.sources:
                self.files[fullname] = file
                return importlib.util.spec_from_file_location(fullname, file, loader=self)
        return None

    def get_filename(self, fullname: str) -> str:
        return self.files[fullname]

    def get_data(self, path: str | bytes) -> bytes:
        return self.sources[os.fsdecode(path)]


class Loader(MigrationLoader):
    """Loads migrations, new planned files included, without looking at a database."""

    def __init__(self, planned: list[str]) -> None:
        self.planned = planned
        super().__init__(None, load=False, ignore_no_migrations=True)

    def load_disk(self) -> None:
        super().load_disk()
        for config in apps.get_app_configs():
            name, _ = self.migrations_module(config.label)
            package = sys.modules.get(name) if name else None
            folders = {os.path.realpath(each) for each in getattr(package, "__path__", ())}
            for path in self.planned:
                if str(Path(path).parent) in folders:
                    stem = Path(path).stem
                    module = importlib.import_module(f"{name}.{stem}")
                    self.disk_migrations[config.label, stem] = module.Migration(stem, config.label)


def end_state(planned: dict[str, bytes], is_ordered: bool) -> ProjectState:
    """The state after all migrations; without an order, each app's operations are read on their own.

    Raises CircularDependencyError if an order is wanted and there is none.
    """
    finder = PlannedFinder(planned)
    sys.meta_path.insert(0, finder)
    try:
        loader = Loader(list(planned))
        if is_ordered:
            loader.build_graph()
            state = loader.project_state()
            assert isinstance(state, ProjectState)
            return state
        loader.load_disk()
        return _unordered_state(loader)
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name, module in sys.modules.items() if _is_migration(module)]:
            del sys.modules[name]


def _is_migration(module: ModuleType) -> bool:
    return isinstance(vars(module).get("Migration"), type) and issubclass(vars(module)["Migration"], Migration)


def _unordered_state(loader: MigrationLoader) -> ProjectState:
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


def differences(before: ProjectState, after: ProjectState) -> list[str]:
    """What Django's autodetector would write to get from one state to the other, in both directions."""
    found = []
    for old, new in ((before, after), (after, before)):
        labels = {label for label, _ in (*old.models, *new.models)}
        detector = MigrationAutodetector(old, new, MigrationQuestioner(specified_apps=labels, dry_run=True))
        for label, migrations in detector.changes(MigrationGraph()).items():
            found += [
                f"{label}: {operation.describe()}" for migration in migrations for operation in migration.operations
            ]
    return found


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
    json.dump(answer(request), real_stdout)


if __name__ == "__main__":
    main()
