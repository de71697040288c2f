"""What was about to be written, kept where no clone can bring it: one folder a project, in the user's state folder.

A project's folder is that of its real path, below the state folder. In it, ``writing`` holds a write that is under way,
``written`` one that is complete and not yet filed, ``last`` the one that ``migfix undo`` takes back. A lock of the
operating system is held for each write, and shared by those that read: whoever gets it and finds ``writing`` knows that
its writer is dead.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import NamedTuple

from migfix.errors import MigfixError
from migfix.project.files import find_root, repository_of
from migfix.project.state_folder import folder_of

try:
    import fcntl
except ImportError:  # Windows has no such lock, and a project there has one user at a time
    fcntl = None  # type: ignore[assignment]

PATIENCE = 20.0
"""Seconds to wait for another run in the same project."""


class Journal(NamedTuple):
    """The journal of one project."""

    root: Path
    folder: Path

    @property
    def writing(self) -> Path:
        return self.folder / "writing"

    @property
    def last(self) -> Path:
        return self.folder / "last"

    @property
    def is_broken_off(self) -> bool:
        """Whether a write has begun and not ended; whoever holds the lock knows that it never will."""
        return (self.writing / "files.json").exists()

    @contextmanager
    def locked(self, is_shared: bool = False) -> Iterator[None]:
        """Hold the project's lock. Raises MigfixError if another run holds it for too long, or it can't be made."""
        with ExitStack() as stack:
            try:
                self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                file = stack.enter_context((self.folder / "lock").open("a"))
            except OSError as error:
                way_out = "Set XDG_STATE_HOME to a folder that you can write to."
                raise MigfixError(f"{self.folder}: {error.strerror}.", way_out) from None
            if fcntl is not None:
                _wait_for(file.fileno(), fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX, self.root)
            yield


def _wait_for(descriptor: int, kind: int, root: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise MigfixError(f"Another migfix is running in {root}.", "Run this again when it is done.") from None
            time.sleep(0.05)
        except OSError:  # a file system without locks
            return


def journal_for(paths: Iterable[Path]) -> Journal:
    """The journal of the project that all of these files are in. Raises MigfixError if they are not in one."""
    folders = [path.parent.resolve() for path in paths]
    for candidates in zip(*map(_roots, folders), strict=False):
        for root in candidates:
            if all(folder.is_relative_to(root) for folder in folders):
                return journal_of(root)
    return journal_of(Path(os.path.commonpath(folders)))


def journals_at(place: Path) -> list[Journal]:
    """The journals that may tell of files at ``place``: of its project, its repository, a write of several projects."""
    found = [journal_of(root) for root in _roots(place.resolve())]
    with suppress(FileNotFoundError):
        found.append(journal_of(Path(os.fsdecode((found[0].folder / "part_of").read_bytes()))))
    return list(dict.fromkeys(found))


def journal_of(root: Path) -> Journal:
    """The journal of a project: its folder lies below the state folder as the project does below ``/``."""
    return Journal(root, folder_of(root) / ".journal")


def _roots(folder: Path) -> list[Path]:
    return list(dict.fromkeys(filter(None, (find_root(folder / "file"), repository_of(folder)))))


@contextmanager
def reading(places: Iterable[Path]) -> Iterator[None]:
    """Read the projects at ``places`` while nobody writes there. Raises MigfixError where a write was broken off."""
    with ExitStack() as stack:
        for journal in at(places):
            stack.enter_context(journal.locked(is_shared=True))
            if journal.is_broken_off:
                raise broken_off(journal)
        yield


def at(places: Iterable[Path]) -> list[Journal]:
    """The journals that may tell of files at these places, each once."""
    return list(dict.fromkeys(journal for place in places for journal in journals_at(place)))


def broken_off(journal: Journal) -> MigfixError:
    """The error that files of a project are half written."""
    return MigfixError(
        f"An earlier run was killed while writing in {journal.root}.",
        "Run `migfix undo` there to restore the files.",
    )
