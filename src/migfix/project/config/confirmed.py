"""Whether the user allowed migfix to import the settings that pyproject.toml names, which runs the project's code."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from migfix.project.state_folder import folder_of


def is_confirmed(home: Path, settings: str) -> bool:
    """Whether the user confirmed these settings for the checkout at ``home``, the folder of pyproject.toml."""
    with suppress(OSError, UnicodeDecodeError):
        return _place(home).read_text() == settings
    return False


def confirm(home: Path, settings: str) -> None:
    """Record that these settings may be imported, in the user's state folder, so that no clone can contain it."""
    place = _place(home)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(settings)


def _place(home: Path) -> Path:
    return folder_of(home.resolve()) / ".settings"
