"""A squashed migration that ends in other models than the files it replaces: new databases and old ones differ."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from migfix.rule import Rule

if TYPE_CHECKING:
    from migfix.findings import Finding
    from migfix.history import History
    from migfix.model import Migration

CODE = "MIG213"


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Compare the two, app by app, and say what differs: which of them is right only a person knows."""
    told: set[str] = set()
    for migration in migrations:
        if not migration.replaces or migration.app in told:
            continue
        from migfix.findings import Refusal
        from migfix.prove.state import squash_differences

        told.add(migration.app)
        if found := squash_differences(history, migration.app):
            line = migration.operations[0].line if migration.operations else 1
            why = f"the squash doesn't end as the migrations that it replaces do: {'; '.join(found)}."
            next_step = "Make the squash from the files as they are now, or add what it lacks to its operations."
            yield Refusal(CODE, migration.path, line, why, next_step)


RULE = Rule(
    code=CODE,
    name="match-squash",
    why="A squash that differs from what it replaces gives new databases another schema than those that ran the chain.",
    check=check,
    order=7,
)
