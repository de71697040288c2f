"""The user's state folder, where migfix stores data about a checkout that a clone must not be able to contain."""

from __future__ import annotations

import os
import stat
from contextlib import suppress
from pathlib import Path

from migfix.errors import MigfixError


def folder_of(root: Path) -> Path:
    """The folder for the project at ``root``: the state folder followed by the project's path.

    Raises MigfixError if no safe state folder is available.
    """
    return _state().joinpath(*(part.strip(":\\/") or "root" for part in root.parts))


def _state() -> Path:
    """The state folder (XDG Base Directory Specification), or a private temporary folder if it can't be used."""
    configured = os.environ.get("XDG_STATE_HOME", "")
    with suppress(OSError, RuntimeError):  # RuntimeError: no home
        home = Path(configured) if Path(configured).is_absolute() else Path.home() / ".local" / "state"
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
