"""What the rule finds."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.findings.finding import Finding, Refusal
from migfix.history import History
from migfix.rules.resume_without_transaction import RULE
from migfix.source.data_functions.sql import statements
from migfix.source.migration import Migration, Operation
from migfix.source.names import is_noop

_STATE_ONLY = ("AlterModelOptions", "AlterModelManagers")


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Report the second step that can't run a second time after a failure."""
    for migration in migrations:
        steps = [op for op in migration.operations if _is_step(op)]
        once = next((op for op in steps[:-1] if not _may_run_again(op)), None)
        if once is None:
            continue
        later = steps[steps.index(once) + 1]
        why = (
            f"if line {later.line} fails, what this operation did stays, as the file has no transaction: the next "
            "migrate runs it again and fails here."
        )
        next_step = "Give each of the two a migration of its own, or write SQL that may run again (IF NOT EXISTS)."
        yield Refusal(RULE.code, migration.path, once.line, why, next_step)


def _is_step(op: Operation) -> bool:
    """Whether an operation runs on the database."""
    if op.kind == "SeparateDatabaseAndState":
        return bool(op.database_operations)
    return op.kind not in _STATE_ONLY


def _may_run_again(op: Operation) -> bool:
    """Whether a second run is sure to do no harm: SQL that says so, an extension, or a step that the user wrote."""
    if op.kind == "SeparateDatabaseAndState":
        return all(map(_may_run_again, op.database_operations))
    if op.kind == "RunSQL":
        sql = op.arguments.get("sql")
        if sql is not None and is_noop(sql):
            return True
        texts = statements(sql)
        words = (f" {' '.join(each.upper().split())} " for each in texts or ())
        return texts is None or all(_says_so(each) for each in words)
    return op.kind in ("RunPython", "") or op.kind.endswith("Extension")


def _says_so(sql: str) -> bool:
    """Whether a statement may run again: ``IF NOT EXISTS``, or it makes, alters and adds nothing."""
    starts = ("CREATE", "DROP", "ALTER", "INSERT")
    return " EXISTS " in sql or not sql.lstrip().startswith(starts)
