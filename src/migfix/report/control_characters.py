"""Text from untrusted files, made safe for a terminal and for the log of a CI run."""

from __future__ import annotations

import re

_CONTROL = {code: f"\\x{code:02x}" for code in (*range(32), *range(127, 160)) if chr(code) not in "\t\n"}
_CONTROL |= {code: f"\\u{code:04x}" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2028, 0x2029)}
"""The control characters of ASCII and Latin-1, those of the writing direction (CVE-2021-42574), and line ends."""
_COMMAND = r"(?m)^(\s*)::(?=\w)"
"""A workflow command of GitHub Actions, which may follow blanks."""


def visible(text: str) -> str:
    """The text with control characters written out, and without lines that a CI run takes for commands."""
    text = text.translate(_CONTROL)
    return re.sub(_COMMAND, r"\1\\::", text) if "::" in text else text


def in_one_line(text: str) -> str:
    """The same as ``visible`` for a name: line ends are written out as well."""
    return visible(text.replace("\n", "\\n"))
