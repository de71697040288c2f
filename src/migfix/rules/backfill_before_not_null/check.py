"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.changes.unfit_defaults import unfit
from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.rows.functions.fill_function import fill_edits
from migfix.rows.leftover_tables import before_migrating
from migfix.rows.without_primary_key import before_window
from migfix.rules.backfill_before_not_null import RULE
from migfix.rules.backfill_before_not_null.added_none import added_none
from migfix.rules.backfill_before_not_null.columns import CannotFill, Forbidden, fill_of, forbidden, is_stuck
from migfix.rules.backfill_before_not_null.other_type import is_too_early, type_first
from migfix.source.formatting import flatten
from migfix.source.migration import Migration
from migfix.source.writer import CannotWrite


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Fill the NULLs in a RunPython right before the AlterField."""
    for migration in migrations:
        yield from _check(migration, history)
        yield from added_none(migration, history)


def _check(migration: Migration, history: History) -> Iterator[Finding]:
    taken = set(migration.bound)
    for each in (one for one in forbidden(migration, history) if not unfit(one.field)):
        why = f"{each.label} no longer allows NULL, but existing rows with NULL get no value."
        if each.is_computed or each.is_shared:
            why = f"{each.label} no longer allows NULL, but Django would give all rows with NULL the same value."
        if is_stuck(each.old, each.field):
            why = f"{each.label} no longer allows NULL: going back fails, because its old type can't hold its default."
        try:
            finding: Finding = _rewrite(migration, each, why, taken, history)
        except CannotFill as reason:
            finding = Refusal(RULE.code, migration.path, each.op.line, f"{why[:-1]}: {reason.why}.", reason.next_step)
        except CannotWrite as reason:
            by_hand = "Fill the column in your own RunPython before it."
            finding = Refusal(RULE.code, migration.path, each.op.line, f"{why[:-1]}: {reason}.", by_hand)
        yield finding


def _rewrite(migration: Migration, each: Forbidden, why: str, taken: set[str], history: History) -> Finding:
    fill, used = fill_of(migration, each, history)
    first = type_first(migration, each) if is_too_early(each, fill) else []
    place = each.index if first else before_window(migration, each.index, each.model.key, history)
    name, edits = fill_edits(migration, place, fill, taken, bool(first) and fill.is_for_all)
    start, where = (
        ("an AlterField changes the type first, and ", "after it") if first else ("", "before the AlterField")
    )
    value = (
        f"sets these rows to {flatten(fill.value)}, {fill.reason},"
        if fill.is_for_all
        else "gives each row its own value"
    )
    return Rewrite(
        code=RULE.code,
        path=migration.path,
        line=each.op.line,
        why=why,
        wrote=f"{start}{name}() {value} in a RunPython {where}.",
        edits=(*first, *edits),
        advice=before_migrating(migration, each.index, history),
        used_values=used,
    )
