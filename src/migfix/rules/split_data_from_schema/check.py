"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.findings.finding import Finding, Rewrite
from migfix.history import History
from migfix.rules.split_data_from_schema import RULE
from migfix.rules.split_data_from_schema.check_between import check_between
from migfix.rules.split_data_from_schema.conflict import Conflict
from migfix.rules.split_data_from_schema.conflicts import open_conflicts
from migfix.source.migration import Migration, Name


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Let PostgreSQL check the rows between the RunPython or RunSQL and the operation."""
    for migration in migrations:
        if found := open_conflicts(migration, history):
            name, edits = check_between(migration, found)
            wrote = f"{name}() makes PostgreSQL check the rows in between."
            line = found[0].data.line
            yield Rewrite(RULE.code, migration.path, line, _why(found[0]), wrote, tuple(edits))


def _why(conflict: Conflict) -> str:
    code = conflict.data.arguments.get("reverse_code" if conflict.is_backward else "code")
    step = f"{code.dotted}()" if isinstance(code, Name) else "the SQL"
    table = ".".join(conflict.model)
    when = "going back, " if conflict.is_backward else ""
    return (
        f"{when}{step} changes rows of {table} whose foreign keys are then unchecked, and line {conflict.schema.line} "
        "changes that table in the same transaction, which PostgreSQL refuses (pending trigger events)."
    )
