"""One write in a project's journal, from begin to end: the old and the new content of each file."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path

from migfix.errors import MigfixError
from migfix.project.files import find_root
from migfix.write.journal import Journal, journal_of

States = dict[Path, tuple[bytes | None, bytes | None]]
"""Path -> its old and new content; None for no file."""


def begin(journal: Journal, before: Mapping[Path, bytes | None], after: Mapping[Path, bytes | None]) -> None:
    """Store the old and new content of every file. The list is written last, so it is either complete or missing."""
    _clear(journal.writing)
    journal.writing.mkdir()
    entries = []
    for number, (path, content) in enumerate(after.items()):
        if (old := before[path]) is not None:
            (journal.writing / f"{number}.before").write_bytes(old)
        if content is not None:
            (journal.writing / f"{number}.after").write_bytes(content)
        entries.append([str(path.relative_to(journal.root)), number, old is not None, content is not None])
    for root in {find_root(path) for path in after} - {journal.root}:
        other = journal_of(root)
        other.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (other.folder / "part_of").write_bytes(os.fsencode(journal.root))
    text = json.dumps({"root": str(journal.root), "files": entries}, indent=1)
    partial = journal.writing / "files.json.partial"
    partial.write_text(text)
    partial.replace(journal.writing / "files.json")


def end(journal: Journal, is_undo: bool) -> None:
    """Mark the write as complete, in one step. If the process stops after that, a later run does the rest."""
    journal.writing.replace(journal.folder / ("undone" if is_undo else "written"))
    settle(journal)


def settle(journal: Journal) -> None:
    """Finish what a complete write left behind: it becomes ``last``, or, if it was an undo, ``last`` is removed."""
    if (journal.folder / "undone").exists():
        _clear(journal.last)
        _clear(journal.folder / "undone")
    if (journal.folder / "written").exists():
        _clear(journal.last)
        (journal.folder / "written").replace(journal.last)


def drop(journal: Journal) -> None:
    """Delete the record of the write in progress."""
    _clear(journal.writing)


def states(journal: Journal, record: Path) -> States:
    """The states in a record. Raises MigfixError if it can't be read or lists a file outside the project."""
    try:
        entries = json.loads((record / "files.json").read_bytes())["files"]
        found: States = {}
        for name, number, had_before, has_after in entries:
            before = (record / f"{number}.before").read_bytes() if had_before else None
            after = (record / f"{number}.after").read_bytes() if has_after else None
            found[inside(journal.root, journal.root / name)] = (before, after)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise MigfixError(f"{record} can't be read: {error}.", "Remove that folder to continue without it.") from None
    return found


def _clear(folder: Path) -> None:
    """Delete a folder: rename it in one step, then delete it."""
    if folder.exists():
        away = folder.with_name(f"{folder.name}.gone")
        shutil.rmtree(away, ignore_errors=True)
        folder.replace(away)
        shutil.rmtree(away, ignore_errors=True)


def inside(root: Path, path: Path) -> Path:
    """``path``, if it is below ``root`` and doesn't use links. Raises ValueError otherwise."""
    if not path.is_relative_to(root) or ".." in path.parts or path.is_symlink():
        raise ValueError(f"{path} is not a file of {root}")
    if path.parent.exists() and path.parent.resolve() != path.parent:
        raise ValueError(f"{path} is behind a link")
    return path
