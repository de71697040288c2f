"""The label of an app in a file (dependencies, models, lookups), and the file with another label."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass

from migfix.source.migration import Migration

_LOOKUPS = frozenset({"get_model", "get_app_config", "get_models", "app_configs"})
_SKIPPED = (tokenize.NL, tokenize.NEWLINE, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT)


@dataclass(frozen=True)
class Relabelling:
    """An app's old and new label, and what it has."""

    old: str
    new: str
    models: Container[str]
    """In lower case."""
    names: Container[str]
    """Of its migrations."""

    def apply(self, source: bytes) -> bytes:
        """The file with the new label, everything else byte for byte."""
        return respelled(source, ((token, self.old, self.new) for token in self.places(source)))

    def places(self, source: bytes) -> Iterator[tokenize.TokenInfo]:
        """The strings that name the app. Yields nothing for a file that isn't Python."""
        tokens = _tokens(source)
        for index, token in enumerate(tokens):
            if token.type == tokenize.STRING and self._names_it(tokens, index):
                yield token

    def mentions(self, source: bytes) -> Iterator[tokenize.TokenInfo]:
        """The strings that may mean the app: ``label = "blog"``, ``== "blog"``, ``"blog.add_post"``."""
        sure, depth, before = {token.start for token in self.places(source)}, 0, ""
        for token in _tokens(source):
            depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(token.string, 0)
            text = _text(token)
            is_label = text == self.old and (before == "==" or (before == "=" and not depth))
            if (is_label or text.startswith((f"{self.old}.", f"{self.old}:"))) and token.start not in sure:
                yield token
            before = token.string

    def _names_it(self, tokens: list[tokenize.TokenInfo], index: int) -> bool:
        text = _text(tokens[index])
        label, dot, model = text.partition(".")
        if label != self.old:
            return False
        if dot:
            return model.lower() in self.models
        before = [each.string for each in tokens[max(0, index - 2) : index]]
        after = tokens[index + 1 : index + 3]
        is_key = len(after) == 2 and after[0].string == "," and _text(after[1]) in self.names
        is_lookup = len(before) == 2 and before[1] in ("(", "[") and before[0] in _LOOKUPS
        return is_key or is_lookup or before == ["app_label", "="]


def relabelling_of(own: Iterable[Migration], old: str, new: str) -> Relabelling:
    """The change of label of an app with these migrations."""
    migrations = list(own)
    models = {op.model for each in migrations for op in each.operations if op.kind == "CreateModel"}
    models |= {op.text("new_name").lower() for each in migrations for op in each.operations if op.kind == "RenameModel"}
    return Relabelling(old, new, models, {each.name for each in migrations} | {"__first__", "__latest__"})


def _tokens(source: bytes) -> list[tokenize.TokenInfo]:
    """The tokens of a file; none for a file that isn't Python."""
    try:
        return [each for each in tokenize.tokenize(io.BytesIO(source).readline) if each.type not in _SKIPPED]
    except (tokenize.TokenError, SyntaxError, ValueError):
        return []


def _text(token: tokenize.TokenInfo) -> str:
    """The value of a string; "" for another token."""
    if token.type != tokenize.STRING:
        return ""
    try:
        value = ast.literal_eval(token.string)
    except (SyntaxError, ValueError):
        return ""
    return value if isinstance(value, str) else ""


def respelled(source: bytes, changes: Iterable[tuple[tokenize.TokenInfo, str, str]]) -> bytes:
    """The file with another text in each of these tokens, the first one that it has, everything else byte for byte."""
    lines = source.splitlines(keepends=True)
    for token, old, new in sorted(changes, key=lambda each: each[0].start, reverse=True):
        row, column = token.start[0] - 1, len(token.line[: token.start[1]].encode())
        place = lines[row].index(old.encode(), column)
        lines[row] = lines[row][:place] + new.encode() + lines[row][place + len(old.encode()) :]
    return b"".join(lines)
