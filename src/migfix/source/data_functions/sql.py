"""The SQL statements of a ``RunSQL``."""

from __future__ import annotations

from migfix.source.migration import Literal, Sequence, Value


def statements(sql: Value | None) -> list[str] | None:
    """The SQL of one string, a list of strings, or a list of (sql, params) pairs; None if one isn't a literal.

    Parameters are replaced with NULL, so that a parser can read the statement.
    """
    if isinstance(sql, Literal) and isinstance(sql.value, str):
        return [sql.value]
    if not isinstance(sql, Sequence):
        return None
    found = []
    for item in sql.items:
        match item:
            case Literal(value=str() as text):
                found.append(text)
            case (
                Sequence(items=(Literal(value=str() as text),))
                | Sequence(items=(Literal(value=str() as text), Literal(value=None)))
            ):
                found.append(text)
            case Sequence(items=(Literal(value=str() as text), _)):
                found.append(text.replace("%s", "NULL").replace("%%", "%"))
            case _:
                return None
    return found
