"""A RunPython or RunSQL without a reverse, which makes its whole file irreversible.

Going back fails on every engine with ``IrreversibleError: Operation <RunPython …> is not reversible``. The rule writes
the inverse SQL if every statement has one, a function that copies columns back if the operation copied them, else a
noop. The noop has a comment unless running the operation again is harmless. If running it again does visible harm, the
rule writes nothing unless ``--set-noop`` is passed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration, Operation


def concerns(migration: Migration, history: History) -> bool:
    """Whether an operation of the migration lacks a reverse."""
    return any(map(lacks_reverse, migration.walk()))


def lacks_reverse(op: Operation) -> bool:
    """Whether an operation runs code or SQL and has no reverse."""
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
