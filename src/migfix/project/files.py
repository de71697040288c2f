"""The files of a project: its root, its packages, its migrations."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from migfix.errors import UnreadableFile
from migfix.project.facts import Facts

SKIPPED = frozenset({"node_modules", "site-packages", "__pycache__", "build", "dist"})
MOST_BYTES = 20_000_000
"""The largest file that is read. Its syntax tree takes about fifty times as much memory."""
_IS_MIGRATION = re.compile(rb"^\s*class[ \t\f\\\r\n]+Migration\b", re.MULTILINE)


def find_root(path: Path) -> Path:
    """The project of ``path``: the nearest folder with a manage.py, or else with another file that marks a project."""
    folders = [folder for folder in [path, *path.parents] if folder.is_dir()]
    for marks in (("manage.py",), ("pyproject.toml", "setup.cfg", "setup.py"), (".git",)):
        for folder in folders:
            if any((folder / mark).exists() for mark in marks):
                return folder
    return next((f for f in folders if f != path and not is_package(f) and f.name != "migrations"), folders[-1])


def repository_of(folder: Path) -> Path | None:
    """The top folder of the git work tree that a folder is in; None outside git."""
    return next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)


def own_repository_of(folder: Path) -> Path | None:
    """The same for a folder of the project itself; None for one of an installed package."""
    return None if "site-packages" in folder.parts else repository_of(folder)


def up_to_repository(root: Path) -> list[Path]:
    """``root`` and the folders above it, up to the top of the work tree; only ``root`` outside git."""
    top = repository_of(root) or root
    return [folder for folder in (root, *root.parents) if folder.is_relative_to(top)]


def resolved(path: Path) -> Path:
    """The path with all links followed. Raises UnreadableFile if a link leads out of its project.

    A project from someone else must not make migfix rewrite files outside it.
    """
    place, found = Path(os.path.normpath(path.absolute())), path.resolve()
    if place != found:
        if not found.is_relative_to((repository_of(place.parent) or find_root(place.parent)).resolve()):
            raise UnreadableFile(str(path), f"this link leads out of the project, to {found}. Pass that file itself.")
    return found


def is_module_name(dotted: str) -> bool:
    """Whether a dotted name can be that of a module file. The empty name is valid."""
    return not dotted or all(part.isidentifier() and len(part.encode()) < 250 for part in dotted.split("."))


def is_package(folder: Path) -> bool:
    return (folder / "__init__.py").exists()


def walk(root: Path, left_out: list[str] | None = None) -> Iterator[tuple[Path, list[str]]]:
    """The folders of a project with the names of their files, without environments, builds and hidden folders.

    Links are not followed. Folders that can't be listed are added to ``left_out``.
    """

    def leave_out(error: OSError) -> None:
        if left_out is not None:
            left_out.append(str(error.filename))

    for where, folders, files in os.walk(root, onerror=leave_out):
        folders[:] = sorted(name for name in folders if not name.startswith(".") and name not in SKIPPED)
        if "pyvenv.cfg" in files:
            folders.clear()
        else:
            yield Path(where), files


def is_own(path: Path, root: Path) -> bool:
    """Whether a file belongs to the project at ``root``, in a folder that ``walk()`` wouldn't leave out."""
    if not path.is_relative_to(root):
        return False
    folders = path.relative_to(root).parents
    names = {folder.name for folder in folders}
    is_hidden = any(name.startswith(".") for name in names if name)
    return not (is_hidden or names & SKIPPED or any((root / each / "pyvenv.cfg").exists() for each in folders))


def migration_folders(root: Path, facts: Facts, left_out: list[str] | None = None) -> list[Path]:
    """Every folder of migrations below ``root``, found with ``walk()``."""
    return [
        path
        for path, files in walk(root, left_out)
        if is_for_migrations(path, facts)
        and any(name.endswith(".py") and not name.startswith(("_", "~")) for name in files)
    ]


def is_for_migrations(folder: Path, facts: Facts) -> bool:
    """Whether a folder is for migrations according to its name, ``migration_modules`` or Django."""
    modules = (module.replace(".", "/") for module in facts.migration_modules.values())
    is_configured = any(folder.as_posix().endswith(f"/{module}") for module in modules)
    return "migrations" in folder.name or is_configured or folder in (facts.folders or {}).values()


def migration_files(folder: Path) -> list[Path]:
    """The files that Django would load as migrations, sorted by name."""
    return [path for path in named_files(folder) if is_migration(read_bytes(path))]


def named_files(folder: Path) -> list[Path]:
    """The files whose name can be that of a migration, sorted by name. They are not read."""
    if not folder.is_dir():
        return []
    names = (entry.name for entry in os.scandir(folder) if entry.name.endswith(".py") and entry.is_file())
    return [folder / name for name in sorted(names) if name[0] not in "_~"]


def is_migration(source: bytes) -> bool:
    """Whether Django would load a file with this content as a migration: it has a class named Migration."""
    return _IS_MIGRATION.search(source) is not None


def read_bytes(path: Path) -> bytes:
    """The bytes of a regular file. Raises UnreadableFile, with the system's reason if there is one."""
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise UnreadableFile(str(path), "this is not a regular file.")
        if status.st_size > MOST_BYTES:
            raise UnreadableFile(str(path), f"this has more than {MOST_BYTES // 1_000_000} MB.")
        return path.read_bytes()
    except OSError as error:
        raise UnreadableFile(str(path), f"{error.strerror or error}.") from None


def dotted_name(package: Path) -> str:
    """The name that a package is imported by."""
    names = [package.name]
    while is_package(package.parent):
        package = package.parent
        names.insert(0, package.name)
    return ".".join(names)


def import_roots(paths: Iterable[Path]) -> list[Path]:
    """The folders that the packages around ``paths`` are imported from."""
    found: dict[Path, None] = {}
    for path in paths:
        folder = path.parent
        while is_package(folder) and folder != folder.parent:
            folder = folder.parent
        found[folder] = None
    return list(found)
