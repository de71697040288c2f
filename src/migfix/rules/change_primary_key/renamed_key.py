"""A key that is removed and added under another name: altered and renamed instead, so that its rows stay."""

from __future__ import annotations

from migfix.rules.change_primary_key.new_keys import ReplacedKey
from migfix.source.edits import Edit, Insert, Remove
from migfix.source.formatting import literal
from migfix.source.migration import Migration
from migfix.source.writer import CannotWrite, Writer


def renamed(migration: Migration, key: ReplacedKey) -> tuple[str, list[Edit]]:
    """What is written, and the edits: the key is then a number that becomes a UUID. Raises CannotWrite."""
    if key.removed is None or key.old is None or key.op.kind != "AddField":
        raise CannotWrite("migfix can't say which value each row gets")
    if key.new.kind != "UUIDField" or key.new.default is None or not key.old.is_integer:
        raise CannotWrite("migfix only turns numbers into UUIDs")
    writer, model = Writer(migration, is_its_own=True), key.model.name.lower()
    alter = writer.alter_field(model, key.old.name, key.new.value)
    names = ("old_name", literal(key.old.name)), ("new_name", literal(key.new.name))
    rename = writer.operation("RenameField", ("model_name", literal(model)), *names)
    edits: list[Edit] = [
        Remove(migration.path, ("operations", key.removed)),
        Remove(migration.path, key.op.where),
        Insert(migration.path, ("operations", key.index), alter),
        Insert(migration.path, ("operations", key.index), rename),
        *writer.edits,
    ]
    return f"alters and renames {key.old.name} instead, so that each row gets a value of its own.", edits
