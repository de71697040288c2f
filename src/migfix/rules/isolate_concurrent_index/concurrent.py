"""Operations that PostgreSQL doesn't run in a transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import sqlglot
from sqlglot.errors import SqlglotError

from migfix.source.data_functions.sql import statements
from migfix.source.migration import Operation, Value

_STARTS = ("CREATE", "DROP", "REINDEX", "ALTER")  # REFRESH MATERIALIZED VIEW CONCURRENTLY runs in a transaction


@dataclass(frozen=True)
class Concurrent:
    """An operation that needs a migration without a transaction."""

    what: str
    """The operation, or the start of its SQL: ``CREATE INDEX CONCURRENTLY``."""
    beside: int = 0
    """How many other statements are in the same string of SQL, which PostgreSQL runs in one transaction."""


def concurrent(op: Operation) -> Concurrent | None:
    """What an operation does concurrently, forward or back; None if nothing."""
    found = [each for inner in (op, *op.database_operations) for each in _found(inner)]
    return max(found, key=lambda each: each.beside, default=None)


def _found(op: Operation) -> Iterator[Concurrent]:
    if op.kind in ("AddIndexConcurrently", "RemoveIndexConcurrently"):
        yield Concurrent(op.kind)
    if op.kind == "RunSQL":
        for argument in ("sql", "reverse_sql"):
            yield from _in_sql(op.arguments.get(argument))


def _in_sql(sql: Value | None) -> Iterator[Concurrent]:
    for text in statements(sql) or ():
        parts = list(_words(text))
        for words in parts:
            if words[0] in _STARTS and "CONCURRENTLY" in words:
                yield Concurrent(" ".join(words[: words.index("CONCURRENTLY") + 1]), len(parts) - 1)


def _words(text: str) -> Iterator[list[str]]:
    """The words of each statement in upper case, without strings and comments; none if it can't be read."""
    try:
        tokens = sqlglot.tokenize(text, read="postgres")
    except SqlglotError:
        return
    words: list[str] = []
    for token in tokens:
        kind = token.token_type.name
        if kind == "SEMICOLON":
            yield from [words] if words else []
            words = []
        elif kind != "STRING" or words == ["REINDEX"]:  # what follows REINDEX is one string
            words += token.text.upper().split()
    yield from [words] if words else []
