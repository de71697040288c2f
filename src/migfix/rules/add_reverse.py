"""A RunPython or RunSQL without a reverse: IrreversibleError, and the whole file can't be rolled back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from migfix.rule import Rule

if TYPE_CHECKING:
    from migfix.findings import Finding
    from migfix.history import History
    from migfix.model import Migration, Operation
    from migfix.reverse.verdict import Verdict

CODE = "MIG301"
ELIDABLE = "\n  offer: it makes no rows; elidable=True would let squashmigrations drop it, if only old rows need it."


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Write the true inverse where it can be derived, else an honest noop."""
    for migration in migrations:
        for op in migration.walk():
            if (op.kind == "RunPython" and "code" in op.arguments and "reverse_code" not in op.arguments) or (
                op.kind == "RunSQL" and "sql" in op.arguments and "reverse_sql" not in op.arguments
            ):
                yield _finding(migration, op, history)


def _finding(migration: Migration, op: Operation, history: History) -> Finding:
    from migfix.findings import Refusal, Rewrite
    from migfix.reverse.pair import unused_inverse
    from migfix.reverse.python import changes_old_rows_only
    from migfix.reverse.verdict import NOT_RESTORED, Harm, Noop
    from migfix.reverse.write import described, reverse_edits
    from migfix.source.names import BACKWARD

    if (inverse := unused_inverse(migration, op)) and not history.facts.set_noop:
        why = f"RunPython without reverse_code can't go back, and {inverse}() stands unused in this file."
        ways_out = f"If {inverse}() undoes it, write reverse_code={inverse}; if not, remove it or pass --set-noop."
        return Refusal(CODE, migration.path, op.line, why, ways_out)
    verdict = _verdict(migration, op, history)
    reverse = BACKWARD[op.kind]
    if isinstance(verdict, Harm):
        if not history.facts.set_noop:
            ways_out = f"Write a {reverse} that undoes it, or pass --set-noop if going back may leave it as it is."
            return Refusal(CODE, migration.path, op.line, verdict.why, f"{verdict.next_step} {ways_out}".strip())
        verdict = Noop(NOT_RESTORED)
    why = f"{op.kind} without {reverse} can't go back, and neither can anything after it."
    wrote = described(op, verdict)
    if changes_old_rows_only(migration, op):
        wrote += ELIDABLE
    return Rewrite(CODE, migration.path, op.line, why, wrote, reverse_edits(migration, op, verdict))


def _verdict(migration: Migration, op: Operation, history: History) -> Verdict:
    if op.kind == "RunPython":
        from migfix.reverse.python import reverse_of_python

        return reverse_of_python(migration, op, history)
    from migfix.reverse.sql import reverse_of_sql
    from migfix.reverse.verdict import NOT_UNDONE, Noop
    from migfix.source.sql import statements

    texts = statements(op.arguments.get("sql"))
    return Noop(NOT_UNDONE) if texts is None else reverse_of_sql(texts, migration, op, history)


RULE = Rule(
    code=CODE,
    name="add-reverse",
    why="A RunPython or RunSQL without a reverse strands a rollback.",
    check=check,
    order=40,
    resolves={
        "django-migration-linter": ("RUNPYTHON_REVERSIBLE", "RUNSQL_REVERSIBLE"),
        "django-safe-migrations": ("SM007", "SM016"),
        "zdm": ("R012", "R013"),
    },
    is_for_deployed=True,
)
