"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.history.state import State
from migfix.rows.link_tables import CannotKeep, LinkTable, ThroughChange, changes
from migfix.rules.keep_links_on_through import RULE
from migfix.rules.keep_links_on_through.edits import gained, lost
from migfix.source.migration import Migration
from migfix.source.writer import CannotWrite


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Keep the table of the links: it becomes that of the through model, or Django's own table again."""
    for migration in migrations:
        yield from _check(migration, history)


def _check(migration: Migration, history: History) -> Iterator[Finding]:
    for change, state in changes(migration, history):
        verb = "gets" if change.is_gain else "loses"
        why = f"{change.label} {verb} a through model, and Django can't alter a many-to-many that way"
        try:
            yield _rewrite(migration, change, state, f"{why}: it raises ValueError.", history)
            return  # the next change is found in the rewritten file
        except CannotKeep as reason:
            yield Refusal(RULE.code, migration.path, change.op.line, f"{why}; {reason.why}.", reason.next_step)
        except CannotWrite as reason:
            by_hand = "Write the operations by hand: the rule's page shows them."
            yield Refusal(RULE.code, migration.path, change.op.line, f"{why}; {reason}.", by_hand)


def _rewrite(migration: Migration, change: ThroughChange, state: State, why: str, history: History) -> Finding:
    if change.is_gain:
        kept = gained(migration, change, history)
        old = LinkTable.of(change.model, change.old, history.facts).name
    else:
        kept = lost(migration, change, state, history)
        old = state.models[change.through].table
    wrote = f"keeps the links: their table {old} becomes {kept.table}, forward and back."
    if old == kept.table:
        wrote = f"keeps the links in their table {old}, forward and back."
    else:
        wrote += " The previous release doesn't find it under that name."
    return Rewrite(RULE.code, migration.path, change.op.line, why, wrote, kept.edits, used_values=kept.used)
