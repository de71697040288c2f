"""The SQL texts of a RunSQL."""

from __future__ import annotations

from migfix.source.migration import Literal, Sequence, Value


def statements(sql: Value | None) -> list[str] | None:
    """The texts: one string, a list of strings, or (sql, params) pairs; None if one isn't a literal.

    Parameters are written as NULL, which is what a parser can read in their place.
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
