"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from migfix.changes.new_checks import NewCheck, new_checks
from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.history.fields import Field, configured_value
from migfix.history.uniqueness import unique_sets
from migfix.rows.leftover_tables import before_migrating
from migfix.rows.placeholder_rows.check_constraint import Unreadable, fields_in, holds
from migfix.rows.placeholder_rows.set_values import comparable, typed
from migfix.rows.prepared import is_cleaned
from migfix.rules.fit_rows_to_check import RULE
from migfix.rules.fit_rows_to_check.functions import set_value
from migfix.rules.fit_rows_to_check.lost_choices import lost_choices
from migfix.rules.fit_rows_to_check.own_defaults import own_defaults
from migfix.source.migration import Migration
from migfix.source.writer import CannotWrite

BY_HAND = "change such rows in your own RunPython before it. To accept this, add `# migfix: ignore[MIG112]`."


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Give rows that don't meet the condition the value that the user set, in a RunPython before the operation."""
    for migration in migrations:
        taken = set(migration.bound)
        checks = list(new_checks(migration, history))
        yield from filter(None, (_check(migration, each, taken, history) for each in checks))
        yield from chain(own_defaults(migration, checks, history), lost_choices(migration, taken, history))


def _check(migration: Migration, each: NewCheck, taken: set[str], history: History) -> Finding | None:
    try:
        names = sorted(fields_in(each.condition))
    except Unreadable:
        names = []
    older = history.state_before(migration).models.get(each.model.key)
    if older is None or (names and not any(name in older.fields for name in names)):
        return None  # the file adds all these fields
    if any(
        is_cleaned(migration, each.index, each.model, name, history, RULE.code) for name in names or each.model.fields
    ):
        return None
    label = f"{each.model.label}.{each.field.name}" if each.field else each.model.label
    why = f"{label} gets the check constraint {each.name}, but existing rows may not meet it."
    if each.field:
        why = f"{label} no longer allows negative numbers, but existing rows may have some."
    field = older.fields.get(names[0]) if len(names) == 1 else None
    if field is None or not _can_be_tried(each, field):
        return Refusal(RULE.code, migration.path, each.op.line, why, f"C{BY_HAND[1:]}")
    configured = configured_value(history.facts, each.model.label, field.name)
    set_flag = f"--set {each.model.label}.{field.name}=VALUE"
    if configured is None:
        return Refusal(RULE.code, migration.path, each.op.line, why, f"Give them a value with {set_flag}, or {BY_HAND}")
    value = typed(configured, field)
    try:
        is_met = holds(each.condition, {field.name: comparable(value, field)})
        wrote, edits = set_value(migration, each, field, value, taken)
    except (Unreadable, CannotWrite):
        return Refusal(RULE.code, migration.path, each.op.line, why, f"C{BY_HAND[1:]}")
    if not is_met:
        why = f"{why[:-1]}, and the value {value!r} that you set doesn't meet it either."
        return Refusal(RULE.code, migration.path, each.op.line, why, f"Set another value with {set_flag}.")
    advice = before_migrating(migration, each.index, history)
    return Rewrite(
        RULE.code, migration.path, each.op.line, why, wrote, tuple(edits), advice=advice, used_values=(configured[0],)
    )


def _can_be_tried(each: NewCheck, field: Field) -> bool:
    """Whether migfix can tell which values of the field meet the condition, and several rows may have one of them."""
    if field.is_true("primary_key") or any(field.name in names for names in unique_sets(each.model)):
        return False
    try:
        holds(each.condition, {field.name: None})
    except Unreadable:
        return False
    return True
