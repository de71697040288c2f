"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.changes.new_uniqueness import NewUniqueness, new_uniqueness
from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.rows.leftover_tables import before_migrating
from migfix.rows.placeholder_rows.values import TEXT
from migfix.rows.prepared import is_cleaned
from migfix.rules.fit_rows_to_unique import RULE
from migfix.rules.fit_rows_to_unique.blank_text import became_nullable, blank_to_null, is_read_as_another_type
from migfix.rules.fit_rows_to_unique.duplicates import CHOICES, CannotFit, fit_duplicates, has_room, may_be_null
from migfix.source.migration import Migration
from migfix.source.writer import CannotWrite


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Turn ``''`` into NULL where the field becomes nullable as well; do with other duplicates what the user chose."""
    for migration in migrations:
        taken = set(migration.bound)
        for each in new_uniqueness(migration, history):
            if any(is_cleaned(migration, each.index, each.model, name, history, RULE.code) for name in each.fields):
                continue
            if became_nullable(migration, each, history) is None or not is_read_as_another_type(migration, each):
                yield _finding(migration, each, taken, history)


def _finding(migration: Migration, each: NewUniqueness, taken: set[str], history: History) -> Finding:
    choice = chosen(each, history)
    advice = before_migrating(migration, each.index, history)
    place = became_nullable(migration, each, history)
    try:
        if place is not None and choice is None:
            wrote, edits = blank_to_null(migration, each, place, taken)
            why = f"{each.label} becomes unique, but '' is the same value in all rows that have it."
            return Rewrite(RULE.code, migration.path, each.op.line, why, wrote, tuple(edits), advice=advice)
        why = f"{_what(each)}, but existing rows may share {_values(each)}."
        if choice is None:
            return _refusal(migration, each, why, place is not None)
        wrote, edits = fit_duplicates(migration, each, choice, taken, became_nullable=place is not None)
        if place is not None:
            blank_first, more = blank_to_null(migration, each, place, taken)
            wrote, edits = f"{blank_first[:-1]}, and {wrote}", [*more, *edits]
        used = (each.label,)
        return Rewrite(
            RULE.code, migration.path, each.op.line, why, wrote, tuple(edits), advice=advice, used_values=used
        )
    except (CannotFit, CannotWrite) as reason:
        return _refusal(migration, each, f"{_what(each)}: {reason}.", place is not None)


def chosen(each: NewUniqueness, history: History) -> str | None:
    """What ``--duplicates`` says about these fields; None if nothing."""
    given = {name.replace(" ", "").lower(): choice for name, choice in history.facts.duplicates.items()}
    return given.get(each.label.lower())


def _what(each: NewUniqueness) -> str:
    end = " for some rows" if each.is_partial else " without regard to case" if each.is_lower else ""
    if len(each.fields) == 1:
        return f"{each.label} becomes unique{end}"
    return f"{', '.join(each.fields)} of {each.model.label} become unique together{end}"


def _values(each: NewUniqueness) -> str:
    return "a value" if len(each.fields) == 1 else "these values"


def _refusal(migration: Migration, each: NewUniqueness, why: str, became_nullable: bool) -> Refusal:
    if each.is_partial:
        by_hand = "Change such rows in your own RunPython before it, or accept this with `# migfix: ignore[MIG111]`."
        return Refusal(RULE.code, migration.path, each.op.line, why, by_hand)
    field = each.model.fields[each.fields[0]]
    can = ["stop", "first"]
    can += ["suffix"] if len(each.fields) == 1 and field.kind in TEXT and has_room(each) else []
    can += ["null"] if len(each.fields) == 1 and may_be_null(each, became_nullable) else []
    ways = ", ".join(f"{name} {CHOICES[name]}" for name in can)
    next_step = f"Say what happens to such rows with --duplicates {each.label}=CHOICE: {ways}."
    return Refusal(RULE.code, migration.path, each.op.line, why, next_step)
