"""A field type or an operator class is part of a PostgreSQL extension that no migration creates first.

PostgreSQL fails with ``type "hstore" does not exist``, ``operator class "gin_trgm_ops" does not exist for access method
"gin"`` or ``data type bigint has no default operator class for access method "gist"``. The databases of the developers
often have the extension, because somebody created it by hand. The rule adds Django's operation that creates it, moves
it to the front, or adds the dependency on the migration that has it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration

_MENTION = re.compile(rb"_trgm_ops|HStoreField|CI(Char|Email|Text)Field|(Gin|Gist|Bloom)Index|Exclusion|pgvector")


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration names something of an extension, and PostgreSQL may be used."""
    return bool(_MENTION.search(migration.source)) and history.facts.may_run_on("postgresql")


RULE = Rule(
    code="MIG212",
    name="create-extension-first",
    why="A type or an operator class of an extension doesn't exist in a database without the extension.",
    concerns=concerns,
    order=9,
)
