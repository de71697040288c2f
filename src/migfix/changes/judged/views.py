"""Views that SQL of the project makes: a database doesn't let go of the columns that they use."""

from __future__ import annotations

import re
from functools import lru_cache

from migfix.history import History
from migfix.history.model import Model

_MAKES = re.compile(rb"\bcreate\b[^;]*?\bview\b[^;]*", re.IGNORECASE)


@lru_cache(maxsize=1024)  # it is asked of the same files for each change of a table
def _made_in(source: bytes) -> tuple[bytes, ...]:
    """The statements in a file that make views."""
    return tuple(_MAKES.findall(source))


def view_over(model: Model, history: History) -> str:
    """Why a view may stop a change of a table, or be lost with it; "" if no SQL of the project makes one over it."""
    table = re.compile(rb"\b%s\b" % re.escape(model.table.encode()))
    for migration in history.mentioning(" view "):
        if any(table.search(each) for each in _made_in(migration.source)):
            return (
                f"the view that {'.'.join(migration.key)} makes may use it: databases refuse such a change, or drop "
                "the view with the column"
            )
    return ""
