"""One write in a project's journal: what stood in each file and what shall stand there, from begin to end."""

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
"""Path -> what stood there and what was to stand there, None for no file."""


def begin(journal: Journal, before: Mapping[Path, bytes | None], after: Mapping[Path, bytes | None]) -> None:
    """Write down both states of every file; the list comes last, so that it is whole or not there."""
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
    """The write is complete, from one moment to the next; what is left to do here may be done by a later run."""
    journal.writing.replace(journal.folder / ("undone" if is_undo else "written"))
    settle(journal)


def settle(journal: Journal) -> None:
    """File what a complete write left: it is the last one now, or the last one is gone."""
    if (journal.folder / "undone").exists():
        _clear(journal.last)
        _clear(journal.folder / "undone")
    if (journal.folder / "written").exists():
        _clear(journal.last)
        (journal.folder / "written").replace(journal.last)


def drop(journal: Journal) -> None:
    """Forget the write that is under way."""
    _clear(journal.writing)


def states(journal: Journal, record: Path) -> States:
    """What a record says of each file. Raises MigfixError where it can't be read or names a foreign file."""
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
