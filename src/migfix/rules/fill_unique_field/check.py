"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.rows.leftover_tables import before_migrating
from migfix.rows.own_values import fill_of
from migfix.rows.placeholder_rows.seed import CannotSeed
from migfix.rows.removed_field import shown
from migfix.rows.unique_fields import UniqueField, unique_fields
from migfix.rows.without_primary_key import before_window
from migfix.rules.fill_unique_field import RULE
from migfix.rules.fill_unique_field.steps import in_steps
from migfix.source.migration import Migration
from migfix.source.writer import CannotWrite


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Add the column as nullable, fill it row by row, then alter it to the real field."""
    for migration in migrations:
        yield from _check(migration, history)


def _check(migration: Migration, history: History) -> Iterator[Finding]:
    taken = set(migration.bound)
    for each in unique_fields(migration, history):
        try:
            finding = _finding(migration, each, taken, history)
        except CannotWrite as reason:
            why = f"{each.label} is unique, but its default can't be called here: {reason}."
            finding = _refusal(migration, each, why, "Fill the field in your own RunPython.")
        except CannotSeed as reason:
            finding = _refusal(migration, each, f"{each.label} is unique: {reason.why}", reason.next_step)
        yield finding


def _finding(migration: Migration, each: UniqueField, taken: set[str], history: History) -> Finding:
    fill = fill_of(migration, each, history)
    if fill is None:
        return _same_for_all(migration, each)
    place = before_window(migration, each.index, each.model.key, history)
    name, edits = in_steps(migration, each.index, each.op, fill, taken, place)
    return Rewrite(
        code=RULE.code,
        path=migration.path,
        line=each.op.line,
        why=f"{each.label} {_must_differ(each)}, but its default gives all existing rows the same value.",
        wrote=f"adds the column nullable, {name}() gives each row {fill.what}, and an AlterField makes it unique.",
        edits=tuple(edits),
        advice=before_migrating(migration, each.index, history),
    )


def _same_for_all(migration: Migration, each: UniqueField) -> Refusal:
    others = " and ".join(name for name in each.unique if name != each.field.name)
    if others:
        why = f"{each.label} {_must_differ(each)}, but all existing rows get {shown(each.default)}"
        ways_out = "Fill the field in your own RunPython, or accept this with `# migfix: ignore[MIG102]` if no rows do."
        return _refusal(migration, each, f"{why}: rows with the same {others} would collide.", ways_out)
    why = f"{each.label} {_must_differ(each)}, but two rows can't share {shown(each.default)}."
    ways_out = "Make the field nullable, or give it a callable default that returns a new value for each row."
    return _refusal(migration, each, why, ways_out)


def _must_differ(each: UniqueField) -> str:
    if len(each.unique) == 1:
        return "is unique"
    others = ", ".join(name for name in each.unique if name != each.field.name)
    return f"must be unique together with {others}"


def _refusal(migration: Migration, each: UniqueField, why: str, next_step: str) -> Refusal:
    return Refusal(RULE.code, migration.path, each.op.line, why, next_step)
