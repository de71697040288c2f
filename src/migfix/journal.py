"""What was about to be written, kept where no clone can bring it: one folder a project, in the user's state folder.

A project's folder is named by its real path. In it, ``writing`` holds a write that is under way, ``written`` one that
is complete and not yet filed, ``last`` the one that ``migfix undo`` takes back. A lock of the operating system is held
for each write, and shared by those that read: whoever gets it and finds ``writing`` knows that its writer is dead.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from migfix.errors import MigfixError
from migfix.history.files import find_root

try:
    import fcntl
except ImportError:  # Windows has no such lock, and a project there has one user at a time
    fcntl = None  # type: ignore[assignment]

PATIENCE = 20.0
"""Seconds to wait for another run in the same project."""
States = dict[Path, tuple[bytes | None, bytes | None]]
"""Path -> what stood there and what was to stand there, None for no file."""


@dataclass(frozen=True)
class Journal:
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
                way_out = "Set XDG_STATE_HOME to a folder that you may write."
                raise MigfixError(f"{self.folder}: {error.strerror}.", way_out) from None
            if fcntl is not None:
                _wait_for(file.fileno(), fcntl.LOCK_SH if is_shared else fcntl.LOCK_EX, self.root)
            yield

    def begin(self, before: Mapping[Path, bytes | None], after: Mapping[Path, bytes | None]) -> None:
        """Write down both states of every file; the list comes last, so that it is whole or not there."""
        _clear(self.writing)
        self.writing.mkdir()
        entries = []
        for number, (path, content) in enumerate(after.items()):
            if (old := before[path]) is not None:
                (self.writing / f"{number}.before").write_bytes(old)
            if content is not None:
                (self.writing / f"{number}.after").write_bytes(content)
            entries.append([str(path.relative_to(self.root)), number, old is not None, content is not None])
        for root in {find_root(path) for path in after} - {self.root}:
            other = _journal_of(root)
            other.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            (other.folder / "part_of").write_bytes(os.fsencode(self.root))
        text = json.dumps({"root": str(self.root), "files": entries}, indent=1)
        partial = self.writing / "files.json.partial"
        partial.write_text(text)
        partial.replace(self.writing / "files.json")

    def end(self, is_undo: bool) -> None:
        """The write is complete, from one moment to the next; what is left to do here may be done by a later run."""
        self.writing.replace(self.folder / ("undone" if is_undo else "written"))
        self.settle()

    def settle(self) -> None:
        """File what a complete write left: it is the last one now, or the last one is gone."""
        if (self.folder / "undone").exists():
            _clear(self.last)
            _clear(self.folder / "undone")
        if (self.folder / "written").exists():
            _clear(self.last)
            (self.folder / "written").replace(self.last)

    def drop(self) -> None:
        """Forget the write that is under way."""
        _clear(self.writing)

    def states(self, record: Path) -> States:
        """What a record says of each file. Raises MigfixError where it can't be read or names a foreign file."""
        try:
            entries = json.loads((record / "files.json").read_bytes())["files"]
            found: States = {}
            for name, number, had_before, has_after in entries:
                before = (record / f"{number}.before").read_bytes() if had_before else None
                after = (record / f"{number}.after").read_bytes() if has_after else None
                found[inside(self.root, self.root / name)] = (before, after)
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise MigfixError(f"{record} can't be read: {error}.", "Remove that folder to go on without it.") from None
        return found


def _wait_for(descriptor: int, kind: int, root: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise MigfixError(f"Another migfix is at work in {root}.", "Run this again when it is done.") from None
            time.sleep(0.05)
        except OSError:  # a file system without locks
            return


def _clear(folder: Path) -> None:
    """Take a folder away: out of sight in one step, then deleted."""
    if folder.exists():
        away = folder.with_name(f"{folder.name}.gone")
        shutil.rmtree(away, ignore_errors=True)
        folder.replace(away)
        shutil.rmtree(away, ignore_errors=True)


def inside(root: Path, path: Path) -> Path:
    """The path, below ``root`` and through no link. Raises ValueError for any other."""
    if not path.is_relative_to(root) or ".." in path.parts or path.is_symlink():
        raise ValueError(f"{path} is not a file of {root}")
    if path.parent.exists() and path.parent.resolve() != path.parent:
        raise ValueError(f"{path} is behind a link")
    return path


def journal_for(paths: Iterable[Path]) -> Journal:
    """The journal of the project that all of these files are in. Raises MigfixError if they are not in one."""
    folders = [path.parent.resolve() for path in paths]
    for candidates in zip(*map(_roots, folders), strict=False):
        for root in candidates:
            if all(folder.is_relative_to(root) for folder in folders):
                return _journal_of(root)
    return _journal_of(Path(os.path.commonpath(folders)))


def journals_at(place: Path) -> list[Journal]:
    """The journals that may tell of files at ``place``: of its project, its repository, a write of several projects."""
    found = [_journal_of(root) for root in _roots(place.resolve())]
    with suppress(FileNotFoundError):
        found.append(_journal_of(Path(os.fsdecode((found[0].folder / "part_of").read_bytes()))))
    return list(dict.fromkeys(found))


def _journal_of(root: Path) -> Journal:
    return Journal(root, _state() / _key(root))


def _roots(folder: Path) -> list[Path]:
    top = next((each for each in (folder, *folder.parents) if (each / ".git").exists()), None)
    return list(dict.fromkeys(filter(None, (find_root(folder / "file"), top))))


def _key(root: Path) -> str:
    return f"{root.name}-{hashlib.sha256(os.fsencode(root)).hexdigest()[:16]}"


def _state() -> Path:
    """Where migfix keeps journals (XDG Base Directory Specification); a folder of our own in /tmp without a home."""
    said = os.environ.get("XDG_STATE_HOME", "")
    with suppress(OSError, RuntimeError):  # RuntimeError: no home
        home = Path(said) if Path(said).is_absolute() else Path.home() / ".local" / "state"
        folder = home / "migfix"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    spare = Path(tempfile.gettempdir()) / f"migfix-{os.getuid() if hasattr(os, 'getuid') else 'state'}"
    spare.mkdir(mode=0o700, exist_ok=True)
    found = spare.lstat()
    if not stat.S_ISDIR(found.st_mode) or (hasattr(os, "getuid") and found.st_uid != os.getuid()):
        raise MigfixError(f"{spare} belongs to somebody else.", "Set XDG_STATE_HOME to a folder of your own.")
    return spare
