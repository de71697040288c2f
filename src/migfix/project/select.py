"""Which files to check: the paths that were named, or the migrations that are new according to git."""

from __future__ import annotations

import errno
import os
import re
from pathlib import Path

from migfix.errors import MigfixError, UnreadableFile
from migfix.project.facts import Facts
from migfix.project.files import find_root, is_for_migrations, is_own, migration_files, migration_folders, resolved
from migfix.project.git.repository import Repository
from migfix.project.on_disk import Project
from migfix.project.settings import with_inferred


def migrations_at(path: Path, facts: Facts, left_out: list[str] | None = None) -> list[Path]:
    """The migration files at a path on the command line.

    Raises UnreadableFile for a path that doesn't exist or can't be read, and for a folder without migrations.
    """
    try:
        path.resolve(strict=True)
        path = resolved(path)
    except FileNotFoundError:
        raise UnreadableFile(str(path), "no such file or directory.") from None
    except RuntimeError:  # raised by pathlib for a loop before Python 3.13
        raise UnreadableFile(str(path), "this link leads back to itself.") from None
    except OSError as error:
        reason = "this link leads back to itself" if error.errno == errno.ELOOP else error.strerror
        raise UnreadableFile(str(path), f"{reason}.") from None
    if not path.is_dir():
        if path.suffix != ".py":
            raise UnreadableFile(str(path), "this is not a Python file.")
        return [path]
    try:
        folders = [path, *migration_folders(path, facts, left_out)]
        found = [file for folder in dict.fromkeys(folders) for file in _in_folder(folder)]
        for file in found:
            resolved(file)
    except OSError as error:
        raise UnreadableFile(str(path), f"{error.strerror}.") from None
    if not found:
        raise UnreadableFile(str(path), "there are no migrations in this folder.")
    return found


def _in_folder(folder: Path) -> list[Path]:
    """The migrations of one folder, and other numbered files, which will be reported as unreadable."""
    names = sorted(entry.name for entry in os.scandir(folder) if entry.name.endswith(".py") and entry.is_file())
    numbered = [folder / name for name in names if folder.name == "migrations" and name[:4].isdigit()]
    return sorted({*migration_files(folder), *numbered})


def new_migrations(repository: Repository, facts: Facts, is_staged: bool = False) -> list[Path]:
    """The migrations in the project around a repository's folder that are new according to git, or staged.

    Raises UnknownBase.
    """
    root = find_root(repository.folder)
    listed = repository.staged_files() if is_staged else repository.new_files()
    files = [path for path in listed if is_own(path, root) and is_for_migrations(path.parent, facts)]
    candidates = {each for folder in {path.parent for path in files} for each in _in_folder(folder)}
    return [path for path in files if path in candidates]


def lost_migrations(repository: Repository, facts: Facts) -> list[Path]:
    """The deployed migrations that are gone, in apps with others of which none is new, and that no file replaces.

    Where a file is new, MIG209 compares it with those that are gone.
    """
    found = []
    for path in repository.deleted():
        there = migration_files(path.parent) if path.parent.is_dir() and is_for_migrations(path.parent, facts) else []
        versions = [each for file in there for each in (file.read_bytes(), repository.earlier(str(file)) or b"")]
        quoted = re.compile(rb"""["']%s["']""" % re.escape(path.stem).encode())
        is_replaced = any(b"replaces" in each and quoted.search(each) for each in versions)
        is_compared = any(repository.is_new(str(file)) for file in there)
        if there and not is_compared and not is_replaced and path.name != "__init__.py":
            found.append(path)
    return found


def project_at(root: Path, facts: Facts, named: tuple[Path, ...] = (), git: Repository | None = None) -> Project:
    """The project at ``root``, with the facts from its settings and from git."""
    return Project(root, with_inferred(facts, root), named, git or Repository(root))


def is_by_name(words: list[str]) -> bool:
    """Whether arguments on the command line are an app, or an app and the beginning of a migration's name."""
    if len(words) == 2:
        return not Path(words[1]).exists() and not words[1].endswith(".py") and "/" not in words[0]
    return len(words) == 1 and words[0].isidentifier() and not Path(words[0]).exists()


def migrations_of(project: Project, app: str, name: str = "") -> list[Path]:
    """The files of an app; with ``name``, the one migration whose name starts with it. Raises MigfixError."""
    if app not in project.folders:
        apps = ", ".join(sorted(project.folders)) or "no app with migrations"
        raise MigfixError(f"There is no app `{app}` with migrations.", f"The project has {apps}.")
    found = [path for path in migration_files(project.folders[app]) if path.stem.startswith(name)]
    exact = [path for path in found if path.stem == name]
    if not found:
        raise MigfixError(f"{app} has no migration that starts with {name}.")
    if name and len(found) > 1 and not exact:
        names = ", ".join(path.stem for path in found)
        raise MigfixError(f"{name} matches several migrations of {app}.", f"They are {names}.")
    return exact or found
