"""A migration that makes an app's first tables doesn't count as initial: ``--fake-initial`` makes them again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from migfix.rule import Rule

if TYPE_CHECKING:
    from migfix.edits import Edit
    from migfix.findings import Finding
    from migfix.history import History
    from migfix.model import Migration

CODE = "MIG204"
NAMED_INITIAL = r"\d+_initial"
FOUND_IN_TABLES = frozenset(
    # what a database that holds the tables and columns of CreateModel and AddField holds along with them
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
    """Set ``initial = True`` on a first migration that denies it, and on the later part of one that was split."""
    for migration in migrations:
        kinds = {op.kind for op in migration.operations}
        if migration.initial or not kinds & {"CreateModel", "AddField"} or not kinds <= FOUND_IN_TABLES:
            continue
        parents = history.own_parents(migration)
        if migration.initial is False and not parents and "CreateModel" in kinds:
            yield _finding(migration, "the first migration of its app says that it isn't initial")
        elif migration.initial is None and parents and re.fullmatch(NAMED_INITIAL, migration.name):
            found = [history.migration(key) for key in parents]
            if all(each and each.is_initial for each in found):
                yield _finding(migration, "this part of an initial migration depends on the part before it")


def _finding(migration: Migration, fact: str) -> Finding:
    from migfix.edits import AddAttribute, Replace
    from migfix.findings import Rewrite

    edit: Edit = AddAttribute(migration.path, "initial", "True")
    if migration.initial is False:
        edit = Replace(migration.path, ("initial",), "True")
    why = f"{fact}, so `migrate --fake-initial` would make tables and columns that are there."
    return Rewrite(CODE, migration.path, migration.operations[0].line, why, "It says `initial = True`.", (edit,))


RULE = Rule(
    code=CODE,
    name="mark-initial",
    why="`migrate --fake-initial` skips what is there only in migrations that count as initial.",
    check=check,
    order=12,
    is_for_deployed=True,
)
