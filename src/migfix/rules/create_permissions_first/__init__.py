"""A data function looks up permissions, content types or the site, which a new database gets after its last migration.

Django creates them in ``post_migrate``. Where the app was migrated earlier, the rows exist. On a new database, on every
engine, ``get()`` fails with ``DoesNotExist: Permission matching query does not exist``, and ``filter()`` finds nothing.
The rule writes a RunPython right before the operation that looks the rows up. The RunPython creates them with Django's
own function.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration

LOOKED_UP = (b"Permission", b"ContentType", b"permission", b"contenttype", b"sites")


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration has functions and mentions permissions, content types or sites."""
    return bool(migration.functions) and any(word in migration.source for word in LOOKED_UP)


RULE = Rule(
    code="MIG108",
    name="create-permissions-first",
    why="Permissions and content types are created after the last migration, so a new database has none until then.",
    concerns=concerns,
    order=13,
)
