"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.findings.finding import Finding, Refusal
from migfix.history import History
from migfix.history.differences import squash_differences
from migfix.rules.match_squash import RULE
from migfix.source.migration import Migration


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Compare the two, app by app, and report what differs. Which of them is right needs your decision."""
    apps: set[str] = set()
    for migration in migrations:
        if migration.app in apps:
            continue
        apps.add(migration.app)
        if found := squash_differences(history, migration.app):
            line = migration.operations[0].line if migration.operations else 1
            why = f"the squash ends in different models than the migrations that it replaces: {'; '.join(found)}."
            next_step = "Squash the files again as they are now, or add what is missing to its operations."
            yield Refusal(RULE.code, migration.path, line, why, next_step)
