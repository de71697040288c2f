"""A RemoveField and an AddField as steps that keep the column."""

from __future__ import annotations

from migfix.changes.replaced_fields import ReplacedField
from migfix.history import History
from migfix.rules.keep_renamed_column.lost_keys import clear_lost_keys
from migfix.source.edits import Edit, Insert, Remove
from migfix.source.formatting import literal
from migfix.source.migration import Literal, Migration
from migfix.source.text import comment_after, comments_above, text_between
from migfix.source.writer import Writer, with_arguments
from migfix.splitting.split import cleared


def rename_edits(migration: Migration, each: ReplacedField, history: History) -> tuple[list[Edit], str]:
    """The edits, and a sentence on keys without a row. Raises CannotWrite."""
    writer, model = Writer(migration, is_its_own=True), each.model.name.lower()
    old, new = each.old.name, each.new.name
    value = each.new.value
    renamed = each.old.value
    steps: list[str] = []
    if each.has_same_column:
        renamed = with_arguments(value, db_column=Literal(each.old.column))
        if renamed != each.old.value:
            steps.append(writer.alter_field(model, old, renamed))
    steps.append(
        writer.operation(
            "RenameField", ("model_name", literal(model)), ("old_name", literal(old)), ("new_name", literal(new))
        )
    )
    if renamed != value:
        steps.append(writer.alter_field(model, new, value))
    first, orphans = clear_lost_keys(migration, each, history)
    comments = [*comments_above(migration.source, each.add.line), comment_after(migration.source, each.add.value.span)]
    comment = "\n".join(filter(None, comments)) or None
    where = ("operations", each.added)
    gone = [text_between(migration.source, op.value.span) for op in (each.remove, each.add)]
    return [
        Remove(migration.path, each.remove.where),
        Remove(migration.path, each.add.where),
        *first,
        *(Insert(migration.path, where, code, comment if code is steps[0] else None) for code in steps),
        *writer.edits,
        *cleared(migration, (), gone, "\n".join(steps)),
    ], orphans
