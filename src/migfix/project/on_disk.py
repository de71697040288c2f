"""The migrations of a project on disk. They are read app by app and never imported."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from migfix.errors import UnreadableFile
from migfix.project.app_list import is_called, is_listed
from migfix.project.deployed import Base, Deployed
from migfix.project.facts import Facts
from migfix.project.files import (
    SKIPPED,
    dotted_name,
    import_roots,
    is_migration,
    is_module_name,
    is_package,
    migration_folders,
    named_files,
    read_bytes,
)
from migfix.project.installed import packages
from migfix.project.labels import configured_label, label_in_apps, label_of, usual_label
from migfix.project.mentions import defining
from migfix.project.reader import Module
from migfix.project.settings import settings_module
from migfix.source import read_migration
from migfix.source.migration import Migration

if TYPE_CHECKING:
    from migfix.project.installed import Package

_QUOTED = re.compile(rb"""["'](\w+)["']""")


class Project:
    """A project folder, the facts known about it, and the files that were named."""

    def __init__(self, root: Path, facts: Facts, named: tuple[Path, ...], base: Base) -> None:
        self.root = root
        self.facts = facts
        self.named = named
        self.base = base
        self.deployed = Deployed(base, facts, named)
        self._labels: dict[Path, str] = {}
        self._migrations: dict[Path, Migration | None] = {}
        self._contents: dict[Path, bytes] = {}
        self._unnamed: dict[str, frozenset[str]] = {}
        self._files: dict[str, dict[str, Path]] = {}
        """App label -> the files of its folder by name."""
        self._mentions: dict[bytes, tuple[Migration, ...]] = {}
        self.errors: dict[str, None] = {}
        """The errors of files in the project that were needed and can't be read."""
        self.is_whole = False

    def whole(self) -> Project:
        """The same project including the migrations of installed packages. Their unreadable files are ignored."""
        return self if self.is_whole else self._with_packages

    @cached_property
    def _with_packages(self) -> Project:
        found = Project(self.root, self.facts, self.named, self.base)
        found.packages = self.packages
        found._migrations = {path: each for path, each in self._migrations.items() if each}
        found.is_whole = True
        return found

    @cached_property
    def packages(self) -> dict[str, Package]:
        """App label -> the migrations that an installed package ships for it."""
        found: dict[str, Package] = {}
        installed = {folder: label for label, folder in (self.facts.folders or {}).items()}
        for each in packages(self.root):
            if self.facts.folders is None:
                found.setdefault(label_of(each.folder, self.root, self.facts), each)
            elif each.folder in installed:
                found[installed[each.folder]] = each
        return found

    def package(self, label: str) -> Package | None:
        """The migrations that an installed package ships for an app that isn't part of the project."""
        return None if label in self.folders else self.packages.get(label)

    @cached_property
    def folders(self) -> dict[str, Path]:
        """App label -> folder of its migrations. If two have the same label, the one nearest to the named files."""
        found: dict[str, Path] = {}
        if self.facts.folders is not None:
            found = {label: folder for label, folder in self.facts.folders.items() if self._is_own(folder)}
        there = set(found.values())
        for folder in dict.fromkeys([*self._named_folders, *migration_folders(self.root, self.facts)]):
            label = self.label(folder) if folder not in there else None
            if label and (label not in found or self._nearness(folder) > self._nearness(found[label])):
                found[label] = folder
        return found

    @cached_property
    def _named_folders(self) -> dict[Path, None]:
        return dict.fromkeys(path.parent for path in self.named)

    def _is_own(self, folder: Path) -> bool:
        """Whether a folder of an installed app belongs to the project rather than to a package."""
        return folder.is_relative_to(self.root) and not SKIPPED.intersection(folder.relative_to(self.root).parts)

    def _nearness(self, folder: Path) -> tuple[int, int]:
        shared = max((len(os.path.commonpath([folder, each])) for each in self._named_folders), default=0)
        return int(folder in self._named_folders), shared

    def label(self, folder: Path) -> str:
        """The app label of a migrations folder: configured, from apps.py, or guessed from its files' dependencies."""
        if folder not in self._labels:
            installed = [label for label, each in (self.facts.folders or {}).items() if each == folder]
            self._labels[folder] = installed[0] if installed else self._uncontradicted(folder)
        return self._labels[folder]

    def _uncontradicted(self, folder: Path) -> str:
        """The label of a folder. A guess isn't used if another folder has that label by its name or by a guess."""
        label, usual = label_of(folder, self.root, self.facts), usual_label(folder)
        if label == usual or configured_label(folder, self.root, self.facts):
            return label
        if is_called(folder.parent, self.root) and not is_listed(self.root, label, lambda _: True):
            return usual
        others = (each for each in migration_folders(self.root, self.facts) if each != folder)
        is_taken = any(label in (usual_label(each), label_of(each, self.root, self.facts)) for each in others)
        return usual if is_taken else label

    def load(self, label: str) -> tuple[Migration, ...]:
        """The migrations of an app; empty if it isn't part of the project."""
        return self._migrations_in(self._files_of(label).values())

    def load_one(self, label: str, name: str) -> Migration | None:
        """The migration of an app with that name; None if there is none. The app's other files aren't read."""
        path = self._files_of(label).get(name)
        return self._read(path) if path and self._is_migration(path) else None

    def app_mentioning(self, label: str, text: bytes) -> tuple[Migration, ...]:
        """The migrations of an app whose files contain ``text``. The others aren't read."""
        return self._migrations_in(path for path in self._files_of(label).values() if text in self._content(path))

    def unnamed(self, label: str) -> frozenset[str]:
        """The files of an app that no other file of it names: its leaves, and maybe others that aren't."""
        if label not in self._unnamed:
            files = self._files_of(label)
            named = {word.decode() for path in files.values() for word in _QUOTED.findall(self._content(path))}
            self._unnamed[label] = frozenset(each for each in files.keys() - named if self._is_migration(files[each]))
        return self._unnamed[label]

    def squashed(self, label: str) -> tuple[Migration, ...]:
        """The migrations of an app that may replace others."""
        return self.app_mentioning(label, b"replaces")

    def _files_of(self, label: str) -> dict[str, Path]:
        """The files in the folder of an app by name. They may be other files than migrations."""
        if label not in self._files:
            folder = self.folders.get(label)
            package = self.package(label) if self.is_whole and not folder else None
            files = named_files(folder) if folder else package.files if package else ()
            self._files[label] = {path.stem: path for path in files}
        return self._files[label]

    def _content(self, path: Path) -> bytes:
        """The content of a file, which is read once. Raises UnreadableFile."""
        if path not in self._contents:
            self._contents[path] = read_bytes(path)
        return self._contents[path]

    def _is_migration(self, path: Path) -> bool:
        return is_migration(self._content(path))

    def _migrations_in(self, paths: Iterable[Path]) -> tuple[Migration, ...]:
        """The migrations among these files."""
        return self.read(filter(self._is_migration, paths))

    @cached_property
    def likely_new(self) -> tuple[Migration, ...]:
        """The migrations that were named or that aren't deployed according to git. Others aren't read."""
        files = (path for label in self.folders for path in self._files_of(label).values())
        return self._migrations_in(path for path in files if self.deployed.is_likely_new(str(path)))

    def read(self, paths: Iterable[Path]) -> tuple[Migration, ...]:
        """The migrations in these files. Those that can't be read are added to ``errors``."""
        return tuple(found for path in paths if (found := self._read(path)))

    def _read(self, path: Path) -> Migration | None:
        if path not in self._migrations:
            try:
                source = self._content(path)
                self._migrations[path] = read_migration(str(path), self.label(path.parent), path.stem, source)
            except UnreadableFile as error:
                self.errors[str(error)] = None
                self._migrations[path] = None
        return self._migrations[path]

    def labels(self) -> tuple[str, ...]:
        """Every app of the project that has migrations."""
        return tuple(self.folders)

    def mentioning(self, text: bytes) -> tuple[Migration, ...]:
        """Every migration whose file, in lower case, contains ``text``."""
        if text not in self._mentions:
            named = (path for label in self.folders for path in self._files_of(label).values())
            self._mentions[text] = self._migrations_in(path for path in named if text in self._content(path).lower())
        return self._mentions[text]

    def companion(self, path: str) -> bytes | None:
        """The content of a file next to the migrations; None if it doesn't exist."""
        return read_bytes(Path(path)) if Path(path).is_file() else None

    def module(self, name: str, near: str) -> Module | None:
        """The module that ``name`` means in an import in the file ``near``; None if it isn't part of the project.

        Leading dots make the name relative to the package of ``near``.
        """
        dotted = name.lstrip(".")
        level = len(name) - len(dotted)
        if not is_module_name(dotted) or level > len(Path(near).parents):
            return None
        for root in [Path(near).parents[level - 1]] if level else self._roots(near):
            path = root.joinpath(*dotted.split("."))
            for each in (path.with_name(f"{path.name}.py"), path / "__init__.py"):
                if each.is_file():
                    return Module(str(each), self.app_of(str(each)), read_bytes(each))
        return None

    def is_folder(self, module: str, near: str) -> bool:
        """Whether a dotted name is a folder or a compiled module, which has no source to read."""
        places = [root.joinpath(*module.split(".")) for root in self._roots(near)]
        return any(each.is_dir() or any(each.parent.glob(f"{each.name}.*")) for each in places)

    def _roots(self, near: str) -> list[Path]:
        """The folders that a file imports from: its own, and those of the apps."""
        return list(dict.fromkeys([*import_roots([Path(near)]), *self._app_roots]))

    @cached_property
    def _app_roots(self) -> list[Path]:
        return import_roots(self.folders.values())

    def defining(self, name: str) -> list[str]:
        """The modules of the project with a class, a function or a constant of that name at module level."""
        return defining(self.root, name)

    def is_shipped(self, path: str) -> bool:
        """Whether the file is in the migrations of an installed package."""
        return self.is_whole and Path(path).parent in {each.folder for each in self.packages.values()}

    def has_app(self, label: str) -> bool | None:
        """Whether an app with migrations is called ``label``; None if that is unknown."""
        if self.facts.folders is not None:
            return label in self.facts.folders
        if label in self.folders:
            return True
        listed = is_listed(self.root, label, lambda name: self.module(name, str(self.root / "x")) is not None)
        package = self.packages.get(label)
        return listed is not False or self.installs(package.module) if package else listed

    def installs(self, app: str) -> bool:
        """Whether the settings install ``app``, a dotted name, according to Django or to the text of the settings.

        The text must contain the name in quotes, alone or followed by its AppConfig. It is the module that manage.py
        names and, if that is in a package, all modules in that package.
        """
        if self.facts.folders is not None and any(
            _is_package_of(folder, app) for folder in self.facts.folders.values()
        ):
            return True
        module = settings_module(self.root)
        path = self.root.joinpath(*module.split(".")) if module else None
        if path is None:
            return False
        package = path if path.is_dir() else path.parent if is_package(path.parent) else None
        files = package.glob("*.py") if package else [path.with_name(f"{path.name}.py")]
        pattern = re.compile(rf"""["']{re.escape(app)}(["']|\.\w*\.?\w*Config["'])""".encode())
        return any(pattern.search(read_bytes(each)) for each in files if each.is_file())

    def app_of(self, path: str) -> str:
        """The label of the innermost app package that a file is in, or "".

        A package is an app if it has migrations or an AppConfig, or if it is in the settings.
        """
        packages = {folder.parent: label for label, folder in self.folders.items()}
        for package in Path(path).parents:
            label = packages.get(package) or label_in_apps(package / "apps.py")
            label = label or (package.name if package.name in self.facts.migration_modules else None)
            if not label and ((package / "apps.py").is_file() or (package / "migrations" / "__init__.py").is_file()):
                label = package.name
            if not label and is_package(package) and self.installs(dotted_name(package)):
                label = package.name
            if label:
                return label
        return ""


def _is_package_of(migrations: Path, app: str) -> bool:
    return migrations.parent.parts[-app.count(".") - 1 :] == tuple(app.split("."))
