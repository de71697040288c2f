"""A RemoveField and an AddField as steps that keep the column."""

from __future__ import annotations

from migfix.changes.replaced_fields import ReplacedField
from migfix.history import History
from migfix.history.fields import Field, field_of
from migfix.rules.keep_renamed_column.lost_keys import clear_lost_keys
from migfix.source.edits import Edit, Insert, Remove
from migfix.source.formatting import literal
from migfix.source.migration import Literal, Migration
from migfix.source.text import comment_after, comments_above, text_between
from migfix.source.writer import CannotWrite, Writer, with_arguments
from migfix.splitting.split import cleared


def rename_edits(migration: Migration, each: ReplacedField, history: History) -> tuple[list[Edit], str]:
    """The edits, and a sentence on keys without a row. Raises CannotWrite."""
    _demand_same_values(migration, each, history)
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
        steps.append(_last_step(writer, each))
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


def _last_step(writer: Writer, each: ReplacedField) -> str:
    """The AlterField of what else changes. A one-off default stays if rows may have NULL: they get it."""
    model, name = each.model.name.lower(), each.new.name
    given = field_of(each.add)
    is_needed = each.old.is_true("null") and not each.new.is_true("null") and given.default is not None
    if not is_needed or given.value == each.new.value:
        return writer.alter_field(model, name, each.new.value)
    field = "field", writer.code(given.value)
    names = ("model_name", literal(model)), ("name", literal(name))
    return writer.operation("AlterField", *names, field, ("preserve_default", "False"))


def _demand_same_values(migration: Migration, each: ReplacedField, history: History) -> None:
    """Raises CannotWrite if only one of the two fields is a key, and the other can't hold the keys of its target."""
    if each.old.is_key == each.new.is_key:
        return
    relation, plain = (each.old, each.new) if each.old.is_key else (each.new, each.old)
    key = relation.target(*each.model.key, history.facts)
    target = history.state_before(migration, max(each.removed, each.added)).models.get(key) if key else None
    if target is not None and target.made_by == migration.key:
        raise CannotWrite(f"{target.label} is new, so that no value finds its row")
    keys = _key_field(migration, relation, each, history)
    if keys is not None and not (keys.is_integer and plain.is_integer) and not keys.has_same_type(plain):
        raise CannotWrite(f"the key holds values of a {keys.kind}, and the other field is a {plain.kind}")


def _key_field(migration: Migration, relation: Field, each: ReplacedField, history: History) -> Field | None:
    """The field of the target whose values a foreign key holds; None if it can't be told."""
    key = relation.target(*each.model.key, history.facts)
    target = history.state_before(migration).models.get(key) if key else None
    name = relation.get("to_field")
    if target is None or name is None:
        return target.primary_key if target else None
    return target.fields.get(str(name.value)) if isinstance(name, Literal) else None
