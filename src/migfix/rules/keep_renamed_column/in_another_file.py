"""A field that one file removes and a later new file adds, because makemigrations ran twice."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.changes.replaced_fields import ReplacedField, perhaps_renamed, removals_and_additions
from migfix.findings.finding import Refusal
from migfix.history import History
from migfix.rows.placeholder_rows.made_by_steps import writes_column
from migfix.rules.keep_renamed_column import RULE
from migfix.source.migration import Migration


def added_in_another_file(migration: Migration, history: History) -> Iterator[Refusal]:
    """A finding for each removed field that a later new file adds: for the same column, or perhaps renamed."""
    removed, added_here = removals_and_additions(migration, history)
    later = [
        each
        for each in (history.new_mentioning("AddField") if removed else ())
        if each.app == migration.app and history.runs_before(migration.key, each)
    ]
    done: set[int] = set()
    for other in later:
        _, added = removals_and_additions(other, history)
        pairs = [
            ReplacedField(place, index, op, add, model, old, new)
            for place, op, model, old in removed
            for index, add, owner, new in added
            if owner.key == model.key and (old.kind == "ManyToManyField") == (new.kind == "ManyToManyField")
        ]
        perhaps = perhaps_renamed(pairs)
        for each in pairs:
            is_candidate = each.removed not in done and (each.has_same_column or each in perhaps)
            is_replaced_here = any(owner.key == each.model.key for _, _, owner, _ in added_here)
            if is_candidate and not is_replaced_here and not writes_column(other, each.model.key, each.new.name):
                done.add(each.removed)
                yield _refusal(migration, other, each)


def _refusal(migration: Migration, other: Migration, each: ReplacedField) -> Refusal:
    where, lost = f"{other.app}.{other.name}", "links" if each.are_links else "values"
    move = "move the AddField into this file, after the RemoveField, and run migfix apply"
    if each.has_same_column and not each.are_links:
        why = f"RemoveField loses the values of the column {each.old.column}, which {where} adds again."
        next_step = f"To keep them, {move}."
    else:
        why = f"{each.label} is removed, and {where} adds {each.new.name}. If it was renamed, its {lost} are lost."
        next_step = f"If it was renamed, {move}."
    ending = "If not, accept this with `# migfix: ignore[MIG109]`."
    return Refusal(RULE.code, migration.path, each.remove.line, why, f"{next_step} {ending}")
