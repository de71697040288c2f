"""The extensions of PostgreSQL that Django has an operation for, and where one is created."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migfix.history import History
from migfix.source.migration import Literal, Migration, Name, Operation
from migfix.source.text import text_between

POSTGRES = "django.contrib.postgres.operations"
OPERATIONS = {
    "bloom": (POSTGRES, "BloomExtension"),
    "btree_gin": (POSTGRES, "BtreeGinExtension"),
    "btree_gist": (POSTGRES, "BtreeGistExtension"),
    "citext": (POSTGRES, "CITextExtension"),
    "hstore": (POSTGRES, "HStoreExtension"),
    "pg_trgm": (POSTGRES, "TrigramExtension"),
    "vector": ("pgvector.django", "VectorExtension"),
}
"""Extension -> the module and the name of its operation."""


def creates(migration: Migration, op: Operation, extension: str) -> bool:
    """Whether an operation creates an extension, also in SQL or in a data function."""
    if op.kind == "CreateExtension":
        return op.arguments.get("name") == Literal(extension)
    code = op.arguments.get("code")
    function = migration.functions.get(code.dotted) if isinstance(code, Name) else None
    text = text_between(migration.source, op.value.span) + (function.code if function else "")
    sql = rf"create\s+extension\s+(if\s+not\s+exists\s+)?\W*{extension}\b"
    return f"{OPERATIONS[extension][1]}(" in text or re.search(sql, text, re.IGNORECASE) is not None


def creating(extension: str, history: History) -> Iterator[Migration]:
    """The migrations of the project that create an extension."""
    for each in history.mentioning("extension"):
        if any(creates(each, op, extension) for op in each.walk()):
            yield each
