"""Where migfix keeps what belongs to a checkout and no clone may bring: in the state folder of the user."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from migfix.errors import MigfixError


def folder_of(root: Path) -> Path:
    """The folder for the project at ``root``: it lies below the state folder as the project does below ``/``.

    Raises MigfixError if there is no place for one.
    """
    return _state().joinpath(*(part.strip(":\\/") or "root" for part in root.parts))


def _state() -> Path:
    """Where migfix keeps journals (XDG Base Directory Specification); a folder of our own in /tmp without a home."""
    said = os.environ.get("XDG_STATE_HOME", "")
    with suppress(OSError, RuntimeError):  # RuntimeError: no home
        home = Path(said) if Path(said).is_absolute() else Path.home() / ".local" / "state"
        folder = home / "migfix"
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    spare = Path(os.environ.get("TMPDIR", "/tmp")) / f"migfix-{os.getuid() if hasattr(os, 'getuid') else 'state'}"
    spare.mkdir(mode=0o700, exist_ok=True)
    found = spare.lstat()
    if not stat.S_ISDIR(found.st_mode) or (hasattr(os, "getuid") and found.st_uid != os.getuid()):
        raise MigfixError(f"{spare} belongs to another user.", "Set XDG_STATE_HOME to a folder of your own.")
    return spare
