"""The journal of writes: one folder for each project, in the user's state folder, so that no clone can contain it.

The path of a project's folder below the state folder is the real path of the project. In it, ``writing`` is a write in
progress, ``written`` is one that is complete but not yet moved to ``last``, and ``last`` is the one that
``migfix undo`` reverts. Each write holds a lock of the operating system, and readers share a lock. A process that gets
the lock and finds ``writing`` knows that the process that wrote it was killed.
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
except ImportError:  # Windows has no such lock; one user at a time is assumed there
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
        """Whether a write was started and not completed. If this process holds the lock, it never will be."""
        return (self.writing / "files.json").exists()

    @contextmanager
    def locked(self, is_shared: bool = False) -> Iterator[None]:
        """Hold the project's lock. Raises MigfixError if another run holds it too long or it can't be created."""
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
    """The journal of the project or repository that all of these files are in, else of their common folder.

    Raises ValueError if they have no common folder.
    """
    folders = [path.parent.resolve() for path in paths]
    for candidates in zip(*map(_roots, folders), strict=False):
        for root in candidates:
            if all(folder.is_relative_to(root) for folder in folders):
                return journal_of(root)
    return journal_of(Path(os.path.commonpath(folders)))


def journals_at(place: Path) -> list[Journal]:
    """The journals that may list files at ``place``: of its project, its repository, or a write to several projects."""
    found = [journal_of(root) for root in _roots(place.resolve())]
    with suppress(FileNotFoundError):
        found.append(journal_of(Path(os.fsdecode((found[0].folder / "part_of").read_bytes()))))
    return list(dict.fromkeys(found))


def journal_of(root: Path) -> Journal:
    """The journal of a project. The project's path is repeated below the state folder."""
    return Journal(root, folder_of(root) / ".journal")


def _roots(folder: Path) -> list[Path]:
    return list(dict.fromkeys(filter(None, (find_root(folder / "file"), repository_of(folder)))))


@contextmanager
def reading(places: Iterable[Path]) -> Iterator[None]:
    """Lock the projects at ``places`` for reading. Raises MigfixError if a write there was interrupted."""
    with ExitStack() as stack:
        for journal in at(places):
            stack.enter_context(journal.locked(is_shared=True))
            if journal.is_broken_off:
                raise broken_off(journal)
        yield


def at(places: Iterable[Path]) -> list[Journal]:
    """The journals that may list files at these places, each once."""
    return list(dict.fromkeys(journal for place in places for journal in journals_at(place)))


def broken_off(journal: Journal) -> MigfixError:
    """The error for a project whose files are only partly written."""
    return MigfixError(
        f"An earlier run was killed while writing in {journal.root}.",
        "Run `migfix undo` there to restore the files.",
    )
