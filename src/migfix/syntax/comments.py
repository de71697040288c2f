"""Keep every comment: if the line of a comment was rewritten, it moves to the nearest line in both versions."""

from __future__ import annotations

import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher
from typing import NamedTuple

_FOR_TOOLS = re.compile(r"#\s*(noqa|type:|pragma:|isort:|fmt:|pylint:|nosec|ruff:)", re.IGNORECASE)
"""Comments about their own line, which have no meaning without it."""
_LAYOUT = {tokenize.COMMENT, tokenize.NL, tokenize.ENCODING}


class Remark(NamedTuple):
    """A comment of a file."""

    line: int
    """From 0."""
    column: int
    text: str
    is_alone: bool
    """Whether nothing else is on its line."""


class Text(NamedTuple):
    """A file as lines without their endings, and the endings, which may differ from line to line."""

    lines: list[str]
    ends: list[str]
    encoding: str

    @classmethod
    def of(cls, source: bytes) -> Text:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(source).readline)
        parts = re.split(r"(\r\n|\r|\n)", source.decode(encoding))
        return cls(parts[::2], [*parts[1::2], ""], encoding)

    def with_line(self, place: int, line: str) -> Text:
        """The text with one more line before line ``place``."""
        end = next(iter(self.ends), "\n")
        lines = [*self.lines[:place], line, *self.lines[place:]]
        return Text(lines, [*self.ends[:place], end, *self.ends[place:]], self.encoding)

    def bytes(self) -> bytes:
        return "".join(map("".join, zip(self.lines, self.ends, strict=True))).encode(self.encoding)

    def remarks(self) -> Iterator[Remark]:
        for each in tokenize.generate_tokens(io.StringIO("\n".join(self.lines)).readline):
            if each.type == tokenize.COMMENT:
                line, column = each.start
                yield Remark(line - 1, column, each.string, not each.line[:column].strip())

    def tokens(self) -> list[tuple[int, str]] | None:
        """The tokens of the text without comments and blank lines; None if it isn't valid Python."""
        try:
            found = tokenize.generate_tokens(io.StringIO("\n".join(self.lines)).readline)
            return [(each.type, each.string) for each in found if each.type not in _LAYOUT]
        except (tokenize.TokenError, SyntaxError):
            return None


def with_lost_comments(old: Mapping[str, bytes], new: Mapping[str, bytes]) -> dict[str, bytes]:
    """The new contents of files, with the comments added back that the old contents had and no new file has."""
    found = dict(new)
    left = Counter(each.text for source in new.values() for each in _remarks(source))
    for path, source in old.items():
        lost = []
        for each in _remarks(source):
            left[each.text] -= 1
            if left[each.text] < 0 and not _FOR_TOOLS.match(each.text):
                lost.append(each)
        if lost and path in new:
            found[path] = _with(lost, Text.of(source), Text.of(new[path])).bytes()
    return found


def _remarks(source: bytes) -> list[Remark]:
    return list(Text.of(source).remarks()) if b"#" in source else []


def _with(lost: list[Remark], old: Text, new: Text) -> Text:
    for each in lost:
        wanted = new.tokens()
        new = next((text for text in _candidates(each, old, new) if text.tokens() == wanted), new)
    return new


def _candidates(remark: Remark, old: Text, new: Text) -> Iterator[Text]:
    """The new text with the comment at the end of its old line, or above the nearest line that both texts have."""
    places = _common(old, new)
    here = places.get(remark.line)
    if not remark.is_alone and here is not None and "#" not in new.lines[here]:
        line = f"{new.lines[here]}  {remark.text}"
        yield new._replace(lines=[*new.lines[:here], line, *new.lines[here + 1 :]])
    for number in sorted(places, key=lambda each: (abs(each - remark.line), each < remark.line)):
        place = places[number]
        indent = new.lines[place][: len(new.lines[place]) - len(new.lines[place].lstrip())]
        yield new.with_line(place, indent + remark.text)


def _common(old: Text, new: Text) -> dict[int, int]:
    """The lines that both texts have and that contain a word: old line number -> new line number."""
    one, two = _without_comments(old), _without_comments(new)
    blocks = SequenceMatcher(None, one, two, autojunk=False).get_matching_blocks()
    pairs = ((a + step, b + step) for a, b, size in blocks for step in range(size))
    return {a: b for a, b in pairs if re.search(r"\w", one[a])}


def _without_comments(text: Text) -> list[str]:
    lines = list(text.lines)
    for each in text.remarks():
        lines[each.line] = lines[each.line][: each.column]
    return [line.strip() for line in lines]
