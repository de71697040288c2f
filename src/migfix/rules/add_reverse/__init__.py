"""A RunPython or RunSQL without a reverse: IrreversibleError, and the whole file can't be rolled back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration, Operation


def concerns(migration: Migration, history: History) -> bool:
    """Whether an operation lacks its reverse."""
    return any(map(lacks_reverse, migration.walk()))


def lacks_reverse(op: Operation) -> bool:
    """Whether an operation runs code or SQL, and nothing that undoes it."""
    return (op.kind == "RunPython" and "code" in op.arguments and "reverse_code" not in op.arguments) or (
        op.kind == "RunSQL" and "sql" in op.arguments and "reverse_sql" not in op.arguments
    )


RULE = Rule(
    code="MIG301",
    name="add-reverse",
    why="A RunPython or RunSQL without a reverse makes rollback fail.",
    concerns=concerns,
    order=40,
    resolves={
        "django-migration-linter": ("RUNPYTHON_REVERSIBLE", "RUNSQL_REVERSIBLE"),
        "django-safe-migrations": ("SM007", "SM016"),
        "zdm": ("R012", "R013"),
    },
    is_for_deployed=True,
)
