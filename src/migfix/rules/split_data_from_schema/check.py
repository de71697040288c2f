"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.findings.finding import Finding, Rewrite
from migfix.history import History
from migfix.rules.split_data_from_schema import RULE
from migfix.rules.split_data_from_schema.conflict import Conflict
from migfix.rules.split_data_from_schema.cut import needed_cuts, open_conflicts
from migfix.rules.split_data_from_schema.in_one_file import check_between
from migfix.source.migration import Migration, Name
from migfix.splitting.in_two import split
from migfix.splitting.leaving_fields import CannotLeave

REASON = "because PostgreSQL won't alter a table with rows changed in the same transaction"


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Put the RunPython or RunSQL and the operation into consecutive files. Makes one cut at a time."""
    for migration in migrations:
        yield from _check(migration, history)


def _check(migration: Migration, history: History) -> Iterator[Finding]:
    cuts = needed_cuts(migration, history)
    if not cuts:
        return
    conflict = cuts[0]
    why = _why(conflict)
    try:
        name, edits = split(migration, *[cut.up_to for cut in cuts[:2]], reason=REASON, history=history)
    except CannotLeave as reason:
        wrote, edits = check_between(migration, open_conflicts(migration, history))
        yield Rewrite(RULE.code, migration.path, conflict.data.line, f"{why[:-1]}; {reason}.", wrote, tuple(edits))
        return
    moved = f"moves the operations from line {migration.operations[conflict.up_to].line} on to {name}, right after it."
    yield Rewrite(RULE.code, migration.path, conflict.data.line, why, moved, tuple(edits))


def _why(conflict: Conflict) -> str:
    code = conflict.data.arguments.get("reverse_code" if conflict.is_backward else "code")
    step = f"{code.dotted}()" if isinstance(code, Name) else "the SQL"
    table = ".".join(conflict.model)
    when = "going back, " if conflict.is_backward else ""
    return (
        f"{when}{step} changes rows of {table} whose foreign keys are then unchecked, and line {conflict.schema.line} "
        "changes that table in the same transaction, which PostgreSQL refuses (pending trigger events)."
    )
