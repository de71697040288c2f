"""Import migrations with their planned content instead of the files on disk."""

from __future__ import annotations

import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from types import ModuleType

from django.apps import apps
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.migration import Migration


class PlannedFinder(importlib.abc.MetaPathFinder, importlib.abc.SourceLoader):  # type: ignore[misc]
    """Loads the planned modules from memory. It is the first finder in ``sys.meta_path`` inside a ``with`` block."""

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

    def __enter__(self) -> PlannedFinder:
        sys.meta_path.insert(0, self)
        return self

    def __exit__(self, *error: object) -> None:
        sys.meta_path.remove(self)


class PlannedLoader(MigrationLoader):
    """Loads migrations, including new planned files and without hidden ones."""

    def __init__(
        self,
        connection: BaseDatabaseWrapper | None,
        planned: Iterable[str],
        hidden: Iterable[str] = (),
        load: bool = True,
    ) -> None:
        self.planned = list(planned)
        self.hidden = frozenset(hidden)
        super().__init__(connection, load=load, ignore_no_migrations=True)

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
        for key in [key for key, each in self.disk_migrations.items() if file_of(each) in self.hidden]:
            del self.disk_migrations[key]


def file_of(migration: Migration) -> str:
    """The file that a migration was loaded from."""
    return os.path.realpath(sys.modules[type(migration).__module__].__file__ or "")
