"""Which files: the paths that were named, and what git says isn't deployed yet."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from migfix.errors import UnreadableFile
from migfix.history.facts import Facts
from migfix.history.files import migration_files, migration_folders
from migfix.history.settings import with_inferred
from migfix.history.static import Project


def migrations_at(path: Path, facts: Facts) -> list[Path]:
    """The migration files that a path on the command line means.

    Raises MigfixError for a path that isn't there, can't be read, or holds no migration.
    """
    try:
        path = path.resolve(strict=True)
    except FileNotFoundError:
        raise UnreadableFile(str(path), "no such file or directory.") from None
    except RuntimeError:  # pathlib's own for a loop, before Python 3.13
        raise UnreadableFile(str(path), "this link leads back to itself.") from None
    except OSError as error:
        reason = "this link leads back to itself" if error.errno == errno.ELOOP else error.strerror
        raise UnreadableFile(str(path), f"{reason}.") from None
    if not path.is_dir():
        if path.suffix != ".py":
            raise UnreadableFile(str(path), "this is not a Python file.")
        return [path]
    try:
        folders = [path, *migration_folders(path, facts)]
        found = [file for folder in dict.fromkeys(folders) for file in _in_folder(folder)]
    except OSError as error:
        raise UnreadableFile(str(path), f"{error.strerror}.") from None
    if not found:
        raise UnreadableFile(str(path), "there are no migrations in this folder.")
    return found


def _in_folder(folder: Path) -> list[Path]:
    """The migrations of one folder, and numbered files that ought to be ones and will be reported."""
    names = sorted(entry.name for entry in os.scandir(folder) if entry.name.endswith(".py") and entry.is_file())
    numbered = [folder / name for name in names if folder.name == "migrations" and name[:4].isdigit()]
    return sorted({*migration_files(folder), *numbered})


@dataclass(frozen=True)
class GitBase:
    """What git knows: a file on the default branch's upstream may have run somewhere."""

    root: Path

    def is_new(self, path: str) -> bool:
        """Whether git says that the file isn't on the default branch. Outside git nobody can say so: False."""
        return self._top is not None and os.path.relpath(path, self._top).replace(os.sep, "/") not in self._files

    @property
    def is_there(self) -> bool:
        """Whether the files are in a git work tree."""
        return self._top is not None

    def earlier(self, path: str) -> bytes | None:
        """The file as it is on the default branch, where it has been changed since; None otherwise."""
        if self._top is None or not self._changed:
            return None
        place = os.path.relpath(path, self._top).replace(os.sep, "/")
        found = self._git("show", f"{self._base}:{place}") if place in self._changed else None
        return None if found is None else found.encode(errors="surrogateescape")

    @cached_property
    def _changed(self) -> frozenset[str]:
        """The migrations that are other than on the default branch; one call for all, as most aren't."""
        only = ["--diff-filter=M", "--no-renames", "--", ":(top,glob)**/*migrations*/*.py"]
        listed = self._git("diff", "--name-only", "-z", base, *only) if (base := self._base) else ""
        return frozenset(filter(None, (listed or "").split("\0")))

    @cached_property
    def _top(self) -> Path | None:
        return next((folder for folder in (self.root, *self.root.parents) if (folder / ".git").exists()), None)

    @cached_property
    def _files(self) -> frozenset[str]:
        listed = self._git("ls-tree", "-r", "-z", "--name-only", "--full-tree", base) if (base := self._base) else ""
        return frozenset((listed or "").split("\0"))

    @cached_property
    def _base(self) -> str | None:
        """The default branch: the remote's where there is one, else the local one."""
        names = (self._git("for-each-ref", "--format=%(refname)", "refs/remotes", "refs/heads") or "").split()
        remote = [name for name in names if name.startswith("refs/remotes/")]
        for name in remote:
            if name.endswith("/HEAD"):
                return name
        places = ["refs/remotes/origin/", "refs/remotes/upstream/"] if remote else ["refs/heads/"]
        for place in places:
            for branch in ("main", "master", "trunk", "develop"):
                if place + branch in names:
                    return place + branch
        return names[0] if len(names) == 1 else None

    def _git(self, *arguments: str) -> str | None:
        import subprocess

        try:
            result = subprocess.run(
                ["git", "-C", str(self.root), *arguments], capture_output=True, text=True, check=False
            )
        except OSError:
            return None
        return result.stdout if result.returncode == 0 else None


def project_at(root: Path, facts: Facts, named: tuple[Path, ...] = ()) -> Project:
    """The project at ``root`` with what its files say, and what git knows of it."""
    return Project(root, with_inferred(facts, root), named, GitBase(named[0].parent if named else root))
