"""What the rule finds."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.findings.finding import Finding, Refusal
from migfix.history import History
from migfix.rules.remove_leftovers import RULE
from migfix.rules.remove_leftovers.leftovers import Leftover, leftovers
from migfix.source.migration import Migration


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Name what is there already, in each database that was read and hasn't applied the migration."""
    for migration in migrations:
        for alias, applied in history.facts.applied.items():
            if migration.key in applied or any(key in applied for key in migration.replaces):
                continue
            for each in leftovers(migration, alias, history):
                yield _finding(migration, alias, each)


def _finding(migration: Migration, alias: str, each: Leftover) -> Refusal:
    why = f"the database {alias} has {each.what} already, and hasn't applied this migration: migrate stops here."
    next_step = f"Remove it: {each.sql}"
    if each.is_whole:
        next_step = (
            f"If an earlier attempt left it, remove it: {each.sql} If it is what this migration makes, record that: "
            f"python manage.py migrate {migration.app} {migration.name} --fake."
        )
    return Refusal(RULE.code, migration.path, each.op.line, why, next_step)
