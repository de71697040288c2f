"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.rules.order_operations import RULE
from migfix.rules.order_operations.misplaced import Misplaced, misplaced
from migfix.source.edits import Move
from migfix.source.migration import Migration

_PASSED = frozenset(
    (
        *("AddField", "AlterField", "RemoveField", "RenameField", "AddIndex", "RemoveIndex", "AddConstraint"),
        *("RemoveConstraint", "AlterUniqueTogether", "AlterIndexTogether", "AlterModelOptions", "CreateModel"),
    )
)
"""Operations that others may move across. The rest may need them where they are."""


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Move the operation to where the field is there."""
    for migration in migrations:
        found = next(misplaced(migration, history), None)  # the next round finds the next one
        if found:
            yield _finding(migration, found)


def _finding(migration: Migration, each: Misplaced) -> Finding:
    why = f"this operation needs {_needs(migration, each)}."
    between = migration.operations[min(each.index, each.to) : max(each.index, each.to)]
    own = (each.op, each.other)
    odd = next((op for op in between if op.kind not in _PASSED and op not in own), None)
    if odd:
        next_step = f"Move it by hand. migfix can't, because line {odd.line} in between may need it where it is."
        return Refusal(RULE.code, migration.path, each.op.line, why, next_step)
    wrote = f"moves it {'before' if each.is_too_late else 'after'} that one."
    edits = (Move(migration.path, ("operations", each.index), each.to),)
    return Rewrite(RULE.code, migration.path, each.op.line, why, wrote, edits)


def _needs(migration: Migration, each: Misplaced) -> str:
    line = f"line {each.other.line}"
    if each.is_taken:
        return f"the name {each.name}, and {line} deletes the model that has it only later: that deletes this one"
    if each.unique:
        return f"{each.unique} to be unique, and {line} makes it so only later"
    field = f"the field {each.name} of {migration.app}.{each.op.model}"
    return f"{field}, which {line} {'removes before it' if each.is_too_late else 'adds only later'}"
