"""Whether a person let migfix import the settings that a tree's own pyproject.toml names: that runs the tree's code."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from migfix.project.state_folder import folder_of


def is_confirmed(home: Path, settings: str) -> bool:
    """Whether somebody confirmed these settings for the checkout at ``home``, the folder of pyproject.toml."""
    with suppress(OSError, UnicodeDecodeError):
        return _place(home).read_text() == settings
    return False


def confirm(home: Path, settings: str) -> None:
    """Keep in the user's state folder, where no clone can bring it, that these settings may be imported."""
    place = _place(home)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(settings)


def _place(home: Path) -> Path:
    return folder_of(home.resolve()) / ".settings"
