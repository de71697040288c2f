"""Which files: the paths that were named, and what git says isn't deployed yet."""

from __future__ import annotations

import errno
import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from migfix.errors import UnreadableFile
from migfix.history.facts import Facts
from migfix.history.static import migration_files, migration_folders


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

    @cached_property
    def _top(self) -> Path | None:
        if not any((folder / ".git").exists() for folder in (self.root, *self.root.parents)):
            return None
        top = self._git("rev-parse", "--show-toplevel")
        return Path(top.strip()) if top else None

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
