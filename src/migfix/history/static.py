"""The migrations of a project on disk, read app by app and never imported."""

from __future__ import annotations

import ast
import os
import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from migfix.errors import UnreadableFile
from migfix.history.facts import Facts
from migfix.history.reader import Module
from migfix.model import Key, Migration
from migfix.source import read_migration
from migfix.source.reader import parse

if TYPE_CHECKING:
    from migfix.history.reader import Deployed

_SKIPPED = frozenset({"node_modules", "site-packages", "__pycache__", "build", "dist"})
_DEPENDENCY = re.compile(r"""\(\s*["']([^"']+)["']\s*,\s*["']([^"']+)["']\s*,?\s*\)""")
_CONTRIB = frozenset({"auth", "contenttypes", "sites", "sessions", "admin"})


class Project:
    """A project folder, what a person said about it, and the files that were named."""

    def __init__(self, root: Path, facts: Facts, named: tuple[Path, ...], deployed: Deployed) -> None:
        self.root = root
        self.facts = facts
        self.named = named
        self.deployed = deployed
        self._labels: dict[Path, str] = {}
        self._mentions: dict[bytes, tuple[Migration, ...]] = {}
        self.errors: dict[str, None] = {}
        """A line for each file of the project that was needed and can't be read."""

    @cached_property
    def folders(self) -> dict[str, Path]:
        """App label -> folder of its migrations; of two that claim a label, the one nearest to the named files."""
        found: dict[str, Path] = {}
        for folder in [*dict.fromkeys(path.parent for path in self.named), *migration_folders(self.root, self.facts)]:
            label = self.label(folder)
            if label not in found or self._nearness(folder) > self._nearness(found[label]):
                found[label] = folder
        return found

    def _nearness(self, folder: Path) -> tuple[int, int]:
        named = [path.parent for path in self.named]
        shared = max((len(os.path.commonpath([folder, each])) for each in named), default=0)
        return int(folder in named), shared

    def label(self, folder: Path) -> str:
        """The app label of a migrations folder: said, or read from apps.py, or from what its files depend on."""
        if folder not in self._labels:
            self._labels[folder] = label_of(folder, self.root, self.facts)
        return self._labels[folder]

    def load(self, label: str) -> tuple[Migration, ...]:
        """The migrations of an app; nothing if it isn't part of the project."""
        folder = self.folders.get(label)
        return self.read(migration_files(folder)) if folder else ()

    def read(self, paths: Iterable[Path]) -> tuple[Migration, ...]:
        """The migrations in these files; those that can't be read are noted in ``errors``."""
        found = []
        for path in paths:
            try:
                found.append(read_migration(str(path), self.label(path.parent), path.stem, read_bytes(path)))
            except UnreadableFile as error:
                self.errors[str(error)] = None
        return tuple(found)

    def labels(self) -> tuple[str, ...]:
        """Every app of the project that has migrations."""
        return tuple(self.folders)

    def mentioning(self, text: bytes) -> tuple[Migration, ...]:
        """Every migration with ``text``, in lower case, somewhere in its file."""
        if text not in self._mentions:
            files = [path for folder in self.folders.values() for path in migration_files(folder)]
            self._mentions[text] = self.read(path for path in files if text in read_bytes(path).lower())
        return self._mentions[text]

    def is_new(self, path: str) -> bool:
        """Whether the file was named, or git knows that it isn't deployed."""
        return Path(path) in self.named or self.deployed.is_new(path)

    @property
    def knows_deployed(self) -> bool:
        """Whether git can say which files are deployed."""
        return self.deployed.is_there

    def companion(self, path: str) -> bytes | None:
        """The content of a file beside the migrations, None if there is none."""
        return read_bytes(Path(path)) if Path(path).is_file() else None

    def module(self, name: str, near: str) -> Module | None:
        """What the file ``near`` imports as ``name``, dots in front for its own package; None if it isn't ours."""
        dotted = name.lstrip(".")
        level = len(name) - len(dotted)
        for root in [Path(near).parents[level - 1]] if level else import_roots([Path(near), *self.folders.values()]):
            path = root.joinpath(*dotted.split("."))
            for each in (path.with_name(f"{path.name}.py"), path / "__init__.py"):
                if each.is_file():
                    return Module(str(each), self._app_around(each), read_bytes(each))
        return None

    def installs(self, app: str) -> bool:
        """Whether ``app`` stands, in quotes, in the settings that manage.py names, or beside them in their package."""
        module = settings_module(self.root)
        path = self.root.joinpath(*module.split(".")) if module else None
        if path is None:
            return False
        package = path if path.is_dir() else path.parent if is_package(path.parent) else None
        files = package.glob("*.py") if package else [path.with_name(f"{path.name}.py")]
        quoted = [f"{quote}{app}{quote}".encode() for quote in ("'", '"')]
        return any(text in read_bytes(each) for each in files if each.is_file() for text in quoted)

    def _app_around(self, path: Path) -> str:
        """The label of the app that a file is in: the one whose migrations are in the same package."""
        packages = {folder.parent: label for label, folder in self.folders.items()}
        for package in path.parents:
            label = packages.get(package) or _label_in_apps(package / "apps.py")
            label = label or (package.name if package.name in self.facts.migration_modules else None)
            if label:
                return label
        return ""


def import_roots(paths: Iterable[Path]) -> list[Path]:
    """The folders that the packages around ``paths`` are imported from."""
    found: dict[Path, None] = {}
    for path in paths:
        folder = path.parent
        while is_package(folder) and folder != folder.parent:
            folder = folder.parent
        found[folder] = None
    return list(found)


def find_root(path: Path) -> Path:
    """The project that ``path`` belongs to: the nearest folder with a manage.py, else with other marks of one."""
    folders = [folder for folder in [path, *path.parents] if folder.is_dir()]
    for marks in (("manage.py",), ("pyproject.toml", "setup.cfg", "setup.py"), (".git",)):
        for folder in folders:
            if any((folder / mark).exists() for mark in marks):
                return folder
    return next((f for f in folders if f != path and not is_package(f) and f.name != "migrations"), folders[-1])


def is_package(folder: Path) -> bool:
    return (folder / "__init__.py").exists()


def migration_folders(root: Path, facts: Facts) -> list[Path]:
    """Every folder of migrations below ``root``; links to folders are not followed."""
    said = {module.replace(".", "/") for module in facts.migration_modules.values()}
    found = []
    for where, folders, files in os.walk(root):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in _SKIPPED)
        if "pyvenv.cfg" in files:
            folders.clear()
            continue
        path = Path(where)
        if "migrations" in path.name or any(path.as_posix().endswith(f"/{module}") for module in said):
            if any(name.endswith(".py") and not name.startswith(("_", "~")) for name in files):
                found.append(path)
    return found


def migration_files(folder: Path) -> list[Path]:
    """The files that Django would load as migrations, sorted by name."""
    named = sorted(path for path in folder.glob("*.py") if path.name[0] not in "_~" and path.is_file())
    return [path for path in named if b"class Migration" in read_bytes(path)]


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular file. Raises UnreadableFile with the system's reason."""
    try:
        if path.exists() and not path.is_file():
            raise UnreadableFile(str(path), "this is not a regular file.")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFile(str(path), f"{error.strerror or error}.") from None


def label_of(folder: Path, root: Path, facts: Facts) -> str:
    """The app label of the migrations in ``folder``."""
    said = {(root / path).resolve(): label for path, label in facts.apps.items()}
    for place in (folder, folder.parent):
        if place.resolve() in said:
            return said[place.resolve()]
    for label, module in facts.migration_modules.items():
        if folder.as_posix().endswith("/" + module.replace(".", "/")):
            return label
    return _label_in_apps(folder.parent / "apps.py") or _label_by_dependencies(folder)


def _label_in_apps(path: Path) -> str | None:
    """``label = "…"`` of the AppConfig in apps.py, if it is a literal."""
    if not path.is_file() or b"label" not in (source := read_bytes(path)):
        return None
    for node in parse(str(path), source).body:
        for statement in node.body if isinstance(node, ast.ClassDef) else ():
            match statement:
                case ast.Assign(targets=[ast.Name(id="label")], value=ast.Constant(value=str() as label)):
                    return label
    return None


def _label_by_dependencies(folder: Path) -> str:
    """The folder above, unless the files here depend on each other under another label."""
    usual = folder.parent.name if "migrations" in folder.name else folder.name
    files = migration_files(folder) if folder.is_dir() else []
    names = {path.stem for path in files}
    votes: Counter[str] = Counter()
    for path in files:
        for app, name in set(_DEPENDENCY.findall(read_bytes(path).decode(errors="replace"))):
            votes[app] += name in names and name != path.stem and app not in _CONTRIB
    likely = votes.most_common(1)
    return usual if not likely or votes[usual] or not likely[0][1] else likely[0][0]


def settings_module(root: Path) -> str | None:
    """The settings that manage.py names."""
    manage = root / "manage.py"
    if not manage.is_file():
        return None
    for node in ast.walk(parse(str(manage), read_bytes(manage))):
        match node:
            case (
                ast.Call(args=[ast.Constant(value="DJANGO_SETTINGS_MODULE"), ast.Constant(value=str() as module)])
                | ast.Assign(
                    targets=[ast.Subscript(slice=ast.Constant(value="DJANGO_SETTINGS_MODULE"))],
                    value=ast.Constant(value=str() as module),
                )
            ):
                return module
    return None


def auth_user_model(root: Path) -> Key | None:
    """AUTH_USER_MODEL as a literal in the settings that manage.py names, or in what those import with ``*``."""
    module = settings_module(root)
    return _user_in_settings(root, module, 5) if module else None


def _user_in_settings(root: Path, module: str, depth: int) -> Key | None:
    path = root / Path(*module.split("."))
    path = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
    if not depth or not path.is_file():
        return None
    found = None
    for node in parse(str(path), read_bytes(path)).body:
        match node:
            case ast.Assign(targets=[ast.Name(id="AUTH_USER_MODEL")], value=ast.Constant(value=str() as text)) if (
                "." in text
            ):
                found = (text.split(".")[0], text.split(".")[-1].lower())
            case ast.ImportFrom(module=str() | None as name, names=[ast.alias(name="*")], level=level):
                package = module.split(".") if path.name == "__init__.py" else module.split(".")[:-1]
                parts = package[: len(package) - level + 1] if level else []
                found = _user_in_settings(root, ".".join([*parts, *([name] if name else [])]), depth - 1) or found
    return found


def with_inferred(facts: Facts, root: Path) -> Facts:
    """Facts that nobody said and the project's files say literally."""
    return facts if facts.auth_user else replace(facts, auth_user=auth_user_model(root))
