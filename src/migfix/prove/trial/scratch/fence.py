"""Block statements that would leave the scratch database, because they could reach the configured one."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

from django.db import connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created
from sqlparse import lexer
from sqlparse.tokens import Comment, String, Whitespace

_EXECUTED = re.compile(r"/\*!\d*(.*?)\*/", re.DOTALL)
"""Comments whose content MySQL and MariaDB run (MySQL Reference Manual, "Comments")."""
CONFIGURED_NAME = "MIGFIX_CONFIGURED_NAME"
"""Key in TEST for the name of the database in the project's settings."""


class LeavesScratch(Exception):
    """A statement that would use another database. It wasn't run."""

    def __init__(self, sql: str) -> None:
        super().__init__(f"this statement leaves the scratch database, so migfix didn't run it: {sql[:200]}")


def leaves(vendor: str, sql: str, configured: Collection[str] = ()) -> bool:
    """Whether a statement switches to another database, attaches one, or names a ``configured`` one or its tables.

    No statement can do this in PostgreSQL (Server Administration, "Managing Databases").
    """
    names = {each.lower() for each in configured if each}
    low = sql.lower()
    if vendor == "sqlite" and ("attach" in low or "vacuum" in low):
        return any(words[0] == "attach" or (words[0] == "vacuum" and "into" in words) for words in _statements(sql))
    if vendor != "mysql" or not ("use" in low or any(name in low for name in names)):
        return False
    return any(_leaves(words, names) for words in _statements(_EXECUTED.sub(r" \1 ", sql)))


def _leaves(words: list[str], names: set[str]) -> bool:
    if words[0] == "use" or (words[1:2] in (["database"], ["schema"]) and names & set(words)):
        return True
    around = zip(["", *words], words, [*words[1:], ""], strict=False)
    found = [after == "." for before, word, after in around if word in names and before != "."]
    return bool(found) and all(found)  # if it is also used without a dot, it is a table or an alias


def _statements(sql: str) -> Iterator[list[str]]:
    """The words and signs of each statement in lower case, without strings and comments."""
    words: list[str] = []
    for kind, text in lexer.tokenize(sql):  # type: ignore[no-untyped-call]
        if kind in Whitespace or kind in Comment or kind is String.Single or (text == "(" and not words):
            continue
        if text != ";":
            words.append(text.strip('`"').lower())
        elif words:
            yield words
            words = []
    if words:
        yield words


def put_up() -> None:
    """Check the statements of every connection that Django opens from now on, also in the project's own threads."""
    connection_created.connect(_watch, dispatch_uid="migfix.fence")


def _watch(sender: object, connection: BaseDatabaseWrapper, **_: object) -> None:
    if _fenced not in connection.execute_wrappers:
        connection.execute_wrappers.append(_fenced)


def _fenced(execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Mapping[str, Any]) -> Any:
    configured = [str((each.get("TEST") or {}).get(CONFIGURED_NAME) or "") for each in connections.settings.values()]
    if leaves(context["connection"].vendor, str(sql), configured):
        raise LeavesScratch(str(sql))
    return execute(sql, params, many, context)
