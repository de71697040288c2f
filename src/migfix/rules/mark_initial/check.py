"""What the rule finds, and what it writes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migfix.findings.finding import Finding, Rewrite
from migfix.history import History
from migfix.rules.mark_initial import RULE
from migfix.source.edits import AddAttribute, Edit, Replace
from migfix.source.migration import Migration

NAMED_INITIAL = r"\d+_initial"
FOUND_IN_TABLES = frozenset(
    # what exists in every database that has the tables and columns of the CreateModel and AddField operations
    [
        "CreateModel",
        "AddField",
        "AddIndex",
        "AddConstraint",
        "AlterUniqueTogether",
        "AlterIndexTogether",
        "AlterOrderWithRespectTo",
        "AlterModelOptions",
        "AlterModelManagers",
    ]
)


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Set ``initial = True`` on a first migration that has it False, and on the later part of one that was split."""
    for migration in migrations:
        kinds = {op.kind for op in migration.operations}
        if not kinds <= FOUND_IN_TABLES:
            continue
        parents = history.own_parents(migration)
        if migration.initial is False and not parents and "CreateModel" in kinds:
            yield _finding(migration, "the first migration of its app is marked as not initial")
        elif migration.initial is None and parents and re.fullmatch(NAMED_INITIAL, migration.name):
            found = [history.migration(key) for key in parents]
            if all(each and each.is_initial for each in found):
                yield _finding(migration, "this part of an initial migration depends on the part before it")


def _finding(migration: Migration, fact: str) -> Finding:
    edit: Edit = AddAttribute(migration.path, "initial", "True")
    if migration.initial is False:
        edit = Replace(migration.path, ("initial",), "True")
    why = f"{fact}, so `migrate --fake-initial` would create tables and columns that already exist."
    return Rewrite(RULE.code, migration.path, migration.operations[0].line, why, "sets `initial = True`.", (edit,))
