"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.changes.altered_fields import AlteredField, altered_fields
from migfix.changes.field_options import OF_PYTHON
from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.history.fields import names_field
from migfix.rows.leftover_tables import before_migrating
from migfix.rules.replace_generated_field import RULE
from migfix.rules.replace_generated_field.edits import (
    Replacement,
    again,
    first_use,
    is_replaced_later,
    to_generated,
    to_plain,
)
from migfix.source.edits import Edit, Insert, Remove
from migfix.source.migration import Migration
from migfix.source.text import comment_after, comments_above, text_between
from migfix.source.writer import CannotWrite
from migfix.splitting.split import cleared

GENERATED = "GeneratedField"


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Remove the field and add it again, instead of altering it."""
    for migration in migrations:
        taken = set(migration.bound)
        for each in altered_fields(migration, history):
            if GENERATED in (each.old.kind, each.new.kind) and not _is_same_column(each):
                yield _finding(migration, each, taken, history)
            elif not each.has_same_type:
                yield from _of_source(migration, each)


def _is_same_column(each: AlteredField) -> bool:
    """Whether only options change that the database doesn't know."""
    return each.old.kind == each.new.kind and each.changed <= OF_PYTHON


def _of_source(migration: Migration, each: AlteredField) -> Iterator[Finding]:
    """A finding for each generated field that is computed from a column whose type changes."""
    for generated in each.model.fields.values():
        if generated.kind != GENERATED or not names_field(generated.get("expression"), each.new.name):
            continue
        if is_replaced_later(migration, each, generated):
            continue
        label = f"{each.model.label}.{generated.name}"
        why = f"PostgreSQL can't change the type of {each.label}, because {label} is computed from it."
        try:
            operations = again(migration, each, generated)
        except CannotWrite as reason:
            by_hand = (
                f"Remove what names it, and write a RemoveField of {generated.name} before the AlterField. After it, "
            )
            by_hand += "write an AddField, and add again what names it."
            yield Refusal(RULE.code, migration.path, each.op.line, f"{why[:-1]}: {reason}.", by_hand)
            continue
        wrote = f"removes {generated.name} before it and adds it again after it, so that the database computes it."
        yield Rewrite(RULE.code, migration.path, each.op.line, why, wrote, operations)


def _finding(migration: Migration, each: AlteredField, taken: set[str], history: History) -> Finding:
    why = f"Django can't alter {each.label}, because it {_what(each)}."
    try:
        replacement = (to_generated if each.new.kind == GENERATED else to_plain)(migration, each, taken)
    except CannotWrite as reason:
        by_hand = (
            "Write a RemoveField and an AddField instead of the AlterField. Remove what names the field before them, "
        )
        by_hand += "and add it again after them."
        if each.old.kind == GENERATED != each.new.kind:
            by_hand = "Move the AlterField up, before what changes its sources, and run migfix again."
        return Refusal(RULE.code, migration.path, each.op.line, f"{why[:-1]}: {reason}.", by_hand)
    advice = before_migrating(migration, each.index, history)
    edits = tuple(_edits(migration, each, replacement))
    return Rewrite(RULE.code, migration.path, each.op.line, why, replacement.wrote, edits, advice=advice)


def _what(each: AlteredField) -> str:
    if each.new.kind != GENERATED:
        return "is generated until now"
    return "becomes generated" if each.old.kind != GENERATED else "is generated in another way"


def _edits(migration: Migration, each: AlteredField, replacement: Replacement) -> Iterator[Edit]:
    """The operations in place of the AlterField, with its comments above the first one."""
    comments = [*comments_above(migration.source, each.op.line), comment_after(migration.source, each.op.value.span)]
    comment = "\n".join(filter(None, comments)) or None
    yield Remove(migration.path, each.op.where)
    for code in replacement.operations:
        first = code is replacement.operations[0]
        is_early = first and {each.old.kind, each.new.kind} == {GENERATED}
        place = first_use(each) if is_early else each.index
        yield Insert(migration.path, ("operations", place), code, comment if first else None)
    yield from replacement.edits
    gone = [text_between(migration.source, each.op.value.span)]
    yield from cleared(migration, (), gone, "\n".join(replacement.operations))
