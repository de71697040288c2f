"""A plan as a unified diff that ``git apply`` and ``patch -p1`` accept."""

from __future__ import annotations

import difflib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

_NO_NEWLINE = b"\\ No newline at end of file\n"
_COLOURS = ((b"+++", b"\x1b[1m"), (b"---", b"\x1b[1m"), (b"@@", b"\x1b[36m"), (b"+", b"\x1b[32m"), (b"-", b"\x1b[31m"))


def render_diff(before: Mapping[str, bytes | None], after: Mapping[str, bytes | None], start: Path) -> bytes:
    """The diff as bytes, with paths relative to ``start``. Line ends and encoding are those of the files."""
    return b"".join(line for path in sorted(after) for line in _file_diff(path, before[path], after[path], start))


def coloured(diff: bytes) -> bytes:
    """The diff in the colors that git uses on a terminal."""
    return b"".join(map(_coloured, diff.splitlines(keepends=True)))


def _file_diff(path: str, old: bytes | None, new: bytes | None, start: Path) -> Iterator[bytes]:
    name = os.path.relpath(path, start).replace(os.sep, "/")
    tab = "\t" if " " in name else ""  # as GNU diff marks where a name with spaces ends
    before = os.fsencode(f"a/{name}{tab}") if old is not None else b"/dev/null"
    after = os.fsencode(f"b/{name}{tab}") if new is not None else b"/dev/null"
    lines = difflib.diff_bytes(
        difflib.unified_diff, _lines(old or b""), _lines(new or b""), before, after, lineterm=b"\n"
    )
    for line in lines:
        yield line if line.endswith(b"\n") else line + b"\n" + _NO_NEWLINE


def _lines(content: bytes) -> list[bytes]:
    lines = content.split(b"\n")
    return [line + b"\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])


def _coloured(line: bytes) -> bytes:
    colour = next((code for start, code in _COLOURS if line.startswith(start)), b"")
    return colour + line.rstrip(b"\n") + b"\x1b[0m\n" if colour else line
