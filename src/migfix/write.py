"""The one place that touches the user's files: all of them or none, also when the process is killed half-way.

Before the first file changes, what stood there and what shall stand there is kept in ``.migfix/`` with a note that a
write is under way. Each file is then replaced in one step. A later run that finds the note puts everything back.
The same folder serves ``migfix undo``.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path

from migfix.errors import MigfixError
from migfix.history.files import FOLDER


def write_all(root: Path, before: Mapping[str, bytes | None], after: Mapping[str, bytes | None]) -> None:
    """Replace every file in ``before`` (None: not there yet) by its content in ``after`` (None: it goes).

    Raises MigfixError, with nothing changed, if a file is no longer as it was read or can't be written.
    """
    for path, content in before.items():
        if _content(Path(path)) != content:
            raise MigfixError(f"{path} has changed since it was read; nothing was written.", "Run migfix again.")
    try:
        record = _keep(root, before, after)
        try:
            for path, content in after.items():
                _put(Path(path), content)
        except BaseException:
            _restore(record)
            raise
        _finish(record)
    except OSError as error:
        raise MigfixError(f"{error.filename or root}: {error.strerror}; nothing was written.") from None


def undo(root: Path) -> list[str]:
    """Put every file of the last apply back as it was; the paths that were put back.

    Raises MigfixError if there is nothing to take back or a file has changed since.
    """
    record = root / FOLDER / "last"
    if not record.exists():
        raise MigfixError(
            f"There is no apply to take back in {root}.", "Run `migfix undo` where you ran `migfix apply`."
        )
    files = _files(record)
    for path, (_, after) in files.items():
        if _content(Path(path)) != after:
            raise MigfixError(
                f"{path} has changed since migfix wrote it; nothing was taken back.",
                f"What stood there before is in {record}.",
            )
    try:
        _restore(record)
    except OSError as error:
        raise MigfixError(
            f"{error.filename}: {error.strerror}; not everything was taken back.", f"The files are in {record}."
        ) from None
    return sorted(files)


def last_before(root: Path) -> dict[str, bytes | None]:
    """What stood in the files of the last apply (None: no file), of those that are still as it left them."""
    record = root / FOLDER / "last"
    files = _files(record) if record.exists() else {}
    return {path: before for path, (before, after) in files.items() if _content(Path(path)) == after}


def recover(root: Path) -> list[str]:
    """Put back what a killed run had half written; the paths that were put back.

    Raises MigfixError if a file is neither as before nor as planned: then a person changed it since.
    """
    record = root / FOLDER / "writing"
    if not (record / "files.json").exists():
        return []
    files = _files(record)
    for path, states in files.items():
        if _content(Path(path)) not in states:
            raise MigfixError(
                f"An earlier run was killed while it wrote, and {path} has changed since.",
                f"What stood there before is in {record}; remove that folder when you are done.",
            )
    _restore(record)
    return sorted(files)


def _put(path: Path, content: bytes | None) -> None:
    if content is None:
        path.unlink(missing_ok=True)
    else:
        replace_file(path, content)


def replace_file(path: Path, content: bytes) -> None:
    """The file with new content in one step, its mode kept."""
    handle, temporary = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".migfix", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        if path.exists():
            shutil.copymode(path, temporary)
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


def _keep(root: Path, before: Mapping[str, bytes | None], after: Mapping[str, bytes | None]) -> Path:
    """Write down what stood in every file and what shall; the note comes last, so that it is whole or not there."""
    folder, record = root / FOLDER, root / FOLDER / "writing"
    shutil.rmtree(record, ignore_errors=True)
    record.mkdir(parents=True)
    (folder / ".gitignore").write_text("*\n")
    entries = []
    for number, (path, content) in enumerate(after.items()):
        old = before[path]
        if old is not None:
            (record / f"{number}.before").write_bytes(old)
        if content is not None:
            (record / f"{number}.after").write_bytes(content)
        place = os.path.relpath(path, root) if Path(path).is_relative_to(root) else path  # a project may be moved
        entries.append({"path": place, "number": number, "is_new": old is None, "is_gone": content is None})
    replace_file(record / "files.json", json.dumps(entries, indent=1).encode())
    return record


def _finish(record: Path) -> None:
    last = record.parent / "last"
    shutil.rmtree(last, ignore_errors=True)
    record.replace(last)


def _restore(record: Path) -> None:
    for path, (before, _) in _files(record).items():
        if _content(Path(path)) != before:
            _put(Path(path), before)
        for temporary in Path(path).parent.glob(f".{Path(path).name}.*.migfix"):
            temporary.unlink()
    shutil.rmtree(record)


def _files(record: Path) -> dict[str, tuple[bytes | None, bytes | None]]:
    """Path -> what stood there and what was to stand there, None for no file."""
    found = {}
    for entry in json.loads((record / "files.json").read_bytes()):
        number = entry["number"]
        before = None if entry["is_new"] else (record / f"{number}.before").read_bytes()
        after = None if entry.get("is_gone") else (record / f"{number}.after").read_bytes()
        found[str(record.parents[1] / entry["path"])] = (before, after)
    return found


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return None
