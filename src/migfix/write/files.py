"""The only module that changes the user's files: all of them or none, even if the process is killed half-way.

Before the first file changes, the journal stores the old and the new content of each file. Each file is then replaced
in one step. ``recover()`` restores the old contents after a write that was never completed. ``migfix undo`` uses the
journal of the last write and is itself a write like any other.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path

from migfix.errors import MigfixError
from migfix.project.files import resolved
from migfix.write.journal import Journal, at, broken_off, journal_for, journals_at
from migfix.write.record import begin, drop, end, inside, settle, states


def write_all(before: Mapping[str, bytes | None], after: Mapping[str, bytes | None]) -> None:
    """Replace every file in ``after`` by its content there (None: delete it).

    ``before`` has the contents as they were read (None: the file doesn't exist). Raises MigfixError, with nothing
    changed, if a file has changed since or can't be written.
    """
    if not after:
        return
    new = {resolved(Path(path)): content for path, content in after.items()}
    old = {resolved(Path(path)): before[path] for path in after}
    _write(journal_for(new), old, new, is_undo=False)


def _write(
    journal: Journal, before: Mapping[Path, bytes | None], after: Mapping[Path, bytes | None], is_undo: bool
) -> None:
    try:
        with journal.locked():
            settle(journal)
            if journal.is_broken_off:
                raise broken_off(journal)
            for path, content in before.items():
                inside(journal.root, path)
                if _content(path) != content:
                    raise MigfixError(f"{path} changed since it was read. Nothing was written.", "Run migfix again.")
            begin(journal, before, after)
            try:
                for path, content in after.items():
                    _put(path, content)
            except BaseException:
                _restore(journal)
                raise
            end(journal, is_undo)
    except ValueError as error:
        raise MigfixError(f"{error}. Nothing was written.", "Pass the files of one project at a time.") from None
    except OSError as error:
        raise MigfixError(f"{error.filename or journal.root}: {error.strerror}. Nothing was written.") from None


def undo(place: Path) -> list[str]:
    """Restore every file of the last write in the project at ``place``. Returns the paths that were restored.

    Raises MigfixError if there is nothing to undo or a file has changed since.
    """
    journal = _last_used(place)
    found = states(journal, journal.last)
    for path, (_, new) in found.items():
        if _content(path) != new:
            raise MigfixError(
                f"{path} changed since migfix wrote it. Nothing was undone.",
                f"The earlier version is in {journal.last}.",
            )
    _write(
        journal,
        {path: new for path, (_, new) in found.items()},
        {path: old for path, (old, _) in found.items()},
        is_undo=True,
    )
    return sorted(map(str, found))


def _last_used(place: Path) -> Journal:
    """The journal with the last write that concerns ``place``. Raises MigfixError if there is none."""
    found = []
    for journal in journals_at(place):
        with journal.locked():
            settle(journal)
        if journal.last.exists():
            found.append(journal)
    if not found:
        root = journals_at(place)[0].root
        raise MigfixError(f"There is nothing to undo in {root}.", "Run `migfix undo` in the project that was changed.")
    return max(found, key=lambda journal: (journal.last / "files.json").stat().st_mtime_ns)


def last_before(place: Path) -> dict[str, bytes | None]:
    """The content before the last write (None: no file) of each file that hasn't changed since that write."""
    for journal in journals_at(place):
        if (journal.last / "files.json").exists():
            found = states(journal, journal.last)
            return {str(path): old for path, (old, new) in found.items() if _content(path) == new}
    return {}


def recover(places: Iterable[Path]) -> list[str]:
    """Restore the files of writes that were killed half-way in the projects at ``places``. Returns their paths.

    Raises MigfixError if a file has neither the old nor the new content, because someone changed it since.
    """
    found: list[str] = []
    for journal in at(places):
        if journal.is_broken_off:
            with journal.locked():
                found += _recovered(journal)
    return found


def _recovered(journal: Journal) -> list[str]:
    if not journal.is_broken_off:  # the other process has finished in the meantime
        return []
    found = states(journal, journal.writing)
    for path, known in found.items():
        if _content(path) not in known:
            raise MigfixError(
                f"An earlier run was killed while writing, and {path} has changed since.",
                f"The earlier version is in {journal.writing}. Remove that folder when you are done.",
            )
    _restore(journal)
    return sorted(map(str, found))


def _restore(journal: Journal) -> None:
    for path, (before, _) in states(journal, journal.writing).items():
        if _content(path) != before:
            _put(path, before)
        for temporary in path.parent.glob(f".{path.name}.*.migfix"):
            temporary.unlink()
    drop(journal)


def _put(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        replace_file(path, content)


def replace_file(path: Path, content: bytes) -> None:
    """Replace the content of a file in one step. Its mode, owner and extended attributes are kept."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".migfix", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copystat(path, temporary)  # mode and extended attributes
            with suppress(OSError):  # only root may change the owner
                os.chown(temporary, path.stat().st_uid, path.stat().st_gid)
            os.utime(temporary)
        else:
            Path(temporary).chmod(0o666 & ~_umask())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
