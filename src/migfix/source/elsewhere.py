"""Names that squashmigrations leaves and Python can't read: ``blog.migrations.0004_fill.fill``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

_NOTE = rb"# Functions from the following migrations need manual copying."
_NAME = rb"\b([A-Za-z_][\w.]*)\.(\d\w*)\.([A-Za-z_]\w*)"
_LINES = (
    r"Functions from the following migrations need manual copying\.",
    r"Move them and any dependencies into this file, then update the",
    r"RunPython operations to refer to the local versions:",
    r"[\w.]+\.\d\w*",
)
NOTE = rf"(?m)^# {_LINES[0]}\r?\n(?:^# (?:{'|'.join(_LINES)})\r?\n)*\r?\n?"
"""A pattern for Django's comment, in ``MigrationWriter``: it names the migrations to copy functions from."""


class Elsewhere(NamedTuple):
    """A function of another migration."""

    migration: str
    name: str
    code: str
    """As it is in the file."""


def readable(source: bytes) -> tuple[bytes, Mapping[str, Elsewhere]]:
    """The source with a plain name in place of each such name, on the same line, and what these names mean."""
    if _NOTE not in source:
        return source, {}
    found: dict[str, Elsewhere] = {}

    def plain(match: re.Match[bytes]) -> bytes:
        code = match[0].decode()
        name = f"from_{code.replace('.', '_')}"
        found[name] = Elsewhere(match[2].decode(), match[3].decode(), code)
        return name.encode()

    return re.sub(_NAME, plain, source), found


def without_note(source: bytes) -> bytes:
    """The source without Django's comment."""
    return re.sub(NOTE, "", source.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")
