"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.changes.replaced_fields import ReplacedField, perhaps_renamed, replaced_fields
from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.history.fields import said_of
from migfix.rows.placeholder_rows.made_by_steps import writes_column
from migfix.rules.keep_renamed_column import RULE
from migfix.rules.keep_renamed_column.in_another_file import added_in_another_file
from migfix.rules.keep_renamed_column.models import renamed_models
from migfix.rules.keep_renamed_column.steps import rename_edits
from migfix.source.migration import Migration
from migfix.source.writer import CannotWrite


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Alter and rename the field instead of removing it and adding it again."""
    for migration in migrations:
        yield from renamed_models(migration, history)
        yield from added_in_another_file(migration, history)
        pairs = list(replaced_fields(migration, history))
        perhaps = perhaps_renamed(pairs)
        done: set[int] = set()
        for each in sorted(pairs, key=lambda pair: not (pair.has_same_column or is_renamed(pair, history))):
            if {each.removed, each.added} & done or writes_column(migration, each.model.key, each.new.name):
                continue
            if each.has_same_column or is_renamed(each, history):
                done |= {each.removed, each.added}
                yield _renamed(migration, each, history)
            elif each in perhaps:
                done |= {each.removed, each.added}
                yield _asked(migration, each)


def is_renamed(each: ReplacedField, history: History) -> bool:
    """Whether ``--renamed`` says so."""
    said = said_of(history.facts.renamed, each.label)
    return said is not None and said[1].lower() == each.new.name.lower()


def _renamed(migration: Migration, each: ReplacedField, history: History) -> Finding:
    line = each.remove.line
    column = f"the column {each.old.column}" if each.has_same_column else each.label
    lost = "links" if each.are_links else "values"
    why = f"RemoveField and AddField lose the {lost} of {column}, which becomes {each.model.label}.{each.new.name}."
    try:
        edits, orphans = rename_edits(migration, each, history)
    except CannotWrite as reason:
        by_hand = "Write a RenameField instead of them, with an AlterField for what else changes."
        return Refusal(RULE.code, migration.path, line, f"{why[:-1]}: {reason}.", by_hand)
    wrote = f"alters and renames {each.old.name} instead, so that every {lost[:-1]} stays.{orphans}"
    return Rewrite(RULE.code, migration.path, line, why, wrote, tuple(edits), used_values=(each.label,))


def _asked(migration: Migration, each: ReplacedField) -> Refusal:
    lost = "links" if each.are_links else "values"
    why = f"{each.label} is removed and {each.new.name} is added. If the field was renamed, its {lost} are lost."
    renamed = f"If it was renamed, pass --renamed {each.label}={each.new.name}."
    next_step = f"{renamed} If not, accept this with `# migfix: ignore[MIG109]`."
    return Refusal(RULE.code, migration.path, each.remove.line, why, next_step)
