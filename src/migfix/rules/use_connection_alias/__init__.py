"""A data function that reads and writes the default database, whichever one is being migrated.

``migrate --database archive`` runs the function, and ``Post.objects.update(...)`` changes the rows of ``default``. The
rows of the archive stay as they were. Nothing fails. The rule adds ``.using(alias)``, where the alias is that of the
schema editor. It speaks if the project is known to have several databases, or if it is selected by its code or name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration has a RunPython, and the project several databases."""
    is_asked = {RULE.code, RULE.name} & history.facts.asked or len(history.facts.databases) > 1
    return bool(is_asked) and any(op.kind == "RunPython" for op in migration.walk())


RULE = Rule(
    code="MIG119",
    name="use-connection-alias",
    why="A data function without the alias of the schema editor changes the default database.",
    concerns=concerns,
    order=27,
)
