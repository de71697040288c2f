"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.rules.add_reverse import RULE, lacks_reverse
from migfix.rules.add_reverse.edits import described, reverse_edits
from migfix.rules.add_reverse.pair import unused_inverse
from migfix.rules.add_reverse.python import changes_old_rows_only, reverse_of_python
from migfix.rules.add_reverse.sql import reverse_of_sql
from migfix.rules.add_reverse.verdict import NOT_RESTORED, NOT_UNDONE, Harm, Noop, Verdict
from migfix.source.data_functions.sql import statements
from migfix.source.migration import Migration, Operation
from migfix.source.names import BACKWARD

ELIDABLE = "\n  suggestion: add elidable=True if only existing rows need this. squashmigrations can then drop it."


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Write the true inverse if it can be derived, else a noop."""
    for migration in migrations:
        yield from (_finding(migration, op, history) for op in migration.walk() if lacks_reverse(op))


def _finding(migration: Migration, op: Operation, history: History) -> Finding:
    if (inverse := unused_inverse(migration, op)) and not history.facts.set_noop:
        why = f"RunPython without reverse_code can't be reversed, and {inverse}() is never used in this file."
        ways_out = f"If {inverse}() undoes it, write reverse_code={inverse}. If not, remove it or pass --set-noop."
        return Refusal(RULE.code, migration.path, op.line, why, ways_out)
    verdict = _verdict(migration, op, history)
    reverse = BACKWARD[op.kind]
    if isinstance(verdict, Harm):
        if not history.facts.set_noop:
            ways_out = f"Write a {reverse} that undoes it, or pass --set-noop if the changes may stay after going back."
            return Refusal(RULE.code, migration.path, op.line, verdict.why, f"{verdict.next_step} {ways_out}".strip())
        verdict = Noop(NOT_RESTORED)
    why = f"{op.kind} without {reverse} can't be reversed, and neither can anything after it."
    wrote = described(op, verdict)
    if changes_old_rows_only(migration, op):
        wrote += ELIDABLE
    return Rewrite(RULE.code, migration.path, op.line, why, wrote, reverse_edits(migration, op, verdict))


def _verdict(migration: Migration, op: Operation, history: History) -> Verdict:
    if op.kind == "RunPython":
        return reverse_of_python(migration, op, history)
    texts = statements(op.arguments.get("sql"))
    return Noop(NOT_UNDONE) if texts is None else reverse_of_sql(texts, migration, op, history)
