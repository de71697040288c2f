"""``# migfix: ignore[MIG301] why``: comments that accept findings in the file itself."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, replace

from migfix.source.migration import Migration
from migfix.source.text import decode

_COMMENT = re.compile(r"#\s*migfix:\s*(?P<directive>ignore.*)")
_DIRECTIVE = re.compile(r"ignore(?P<file>-file)?(?:\s*\[(?P<codes>[^\[\]]*)\])?(?:(?<=\])|(?![\w\[-]|\s*\[))")
NOWHERE = range(0)
"""The lines that an unreadable comment covers. It is then reported as a comment that accepts nothing."""


@dataclass(frozen=True)
class Ignore:
    """One comment: the codes or names of the rules that it accepts (none means all), and the lines it covers."""

    number: int
    """Its position among the comments of its file, from 0. Unlike the line, it stays the same during a rewrite."""
    line: int
    text: str
    codes: tuple[str, ...]
    lines: range

    def means(self, code: str, name: str) -> bool:
        """Whether the comment accepts the rule with this code and name."""
        return not self.codes or any(code.startswith(each.upper()) or each.lower() == name for each in self.codes)


def ignores(migration: Migration) -> tuple[Ignore, ...]:
    """The ignore comments of a file, in file order."""
    found = _ignores(migration) if migration.mentions_migfix else ()
    return tuple(replace(each, number=number) for number, each in enumerate(found))


def _ignores(migration: Migration) -> Iterator[Ignore]:
    text = decode(migration.source)
    lines = text.split("\n")
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        found = _COMMENT.search(token.string) if token.type == tokenize.COMMENT else None
        if found is None:
            continue
        line, text = token.start[0], f"migfix: {found['directive'].strip()}"
        match = _DIRECTIVE.match(found["directive"])
        codes = tuple(each.strip() for each in ((match and match["codes"]) or "").split(",") if each.strip())
        is_alone = token.line.lstrip().startswith("#")
        about = _next_code(lines, line) if is_alone else line
        covered = range(1, len(lines) + 1) if match and match["file"] else _lines_around(migration, about)
        if match is None:
            yield Ignore(0, line, text, codes, NOWHERE)
        else:
            yield Ignore(0, line, f"migfix: {match[0]}", codes, covered)


def _next_code(lines: list[str], line: int) -> int:
    """The first line below ``line`` that has code; ``line`` itself if there is none."""
    below = (i for i, text in enumerate(lines[line:], line + 1) if text.strip() and not text.lstrip().startswith("#"))
    return next(below, line)


def _lines_around(migration: Migration, line: int) -> range:
    """The lines of the innermost operation or function that contains ``line``, or that line alone."""
    spans = [(op.value.span[0], op.value.span[2]) for top in migration.operations for op in (top, *top.inner)]
    functions = [(each.first_line, each.first_line + each.code.count("\n")) for each in migration.functions.values()]
    around = [range(first, last + 1) for first, last in (*spans, *functions) if first <= line <= last]
    return min(around, key=len, default=range(line, line + 1))
