"""The line length that a project configures for ruff or black."""

from __future__ import annotations

from pathlib import Path

from migfix.errors import UnreadableFile
from migfix.project.files import read_bytes, up_to_repository


def line_length_of(root: Path) -> int | None:
    """The line length of the project's ruff or black; None if it isn't set or its file can't be read."""
    import tomllib

    for folder in up_to_repository(root):
        for name, *tables in _LINE_LENGTHS:
            try:
                table: object = tomllib.loads(read_bytes(folder / name).decode("utf-8-sig"))
            except (UnreadableFile, ValueError):
                continue
            for key in tables:
                table = table.get(key, {}) if isinstance(table, dict) else {}
            length = table.get("line-length") if isinstance(table, dict) else None
            if isinstance(length, int):
                return length
    return None


_LINE_LENGTHS = (
    ("ruff.toml",),
    (".ruff.toml",),
    ("pyproject.toml", "tool", "ruff"),
    ("pyproject.toml", "tool", "black"),
)
