"""Text that becomes JSON, a number, a boolean, a date, a time or a UUID: read before the column changes."""

from __future__ import annotations

import json
from uuid import UUID

from migfix.changes.altered_fields import AlteredField
from migfix.changes.type_facts import length
from migfix.history import History
from migfix.history.fields import configured_value
from migfix.rows.allow_null import allow_null
from migfix.rows.functions.data_step import step_edits
from migfix.rows.functions.replace_values import FORBIDS_AGAIN, replacing
from migfix.rows.placeholder_rows.set_values import typed
from migfix.rows.placeholder_rows.values import INTEGERS, TEXT
from migfix.rules.fit_rows_to_type.smaller import fits
from migfix.rules.fit_rows_to_type.text_function import text_function
from migfix.source.edits import AddImport, Edit
from migfix.source.formatting import free_name, snake
from migfix.source.migration import Literal, Migration, Name
from migfix.source.writer import CannotWrite, Writer

_ROOM = {"UUIDField": 36, "TimeField": 15}
"""The characters that a database needs to write such a value as text, when going back."""
_TARGETS = INTEGERS | {"JSONField", "BooleanField", "FloatField", "DecimalField", "DateField", *_ROOM}
_EMPTY = {"dict": "{}", "list": "[]"}


def is_readable(each: AlteredField) -> bool:
    """Whether a function can read the text: each engine then takes what it wrote."""
    is_key = each.old.is_true("primary_key") or each.new.is_true("primary_key")
    return each.old.kind in TEXT and each.new.kind in _TARGETS and not is_key


def read_text(
    migration: Migration, each: AlteredField, taken: set[str], history: History
) -> tuple[str, list[Edit], tuple[str, ...]]:
    """What is written, the edits, and the ``--set`` names. Raises CannotWrite."""
    room = _ROOM.get(each.new.kind, 0)
    if each.old.kind != "TextField" and (length(each.old) or 0) < room:
        raise CannotWrite(f"as text it needs {room} characters, when going back")
    field, configured = each.new.name, configured_value(history.facts, each.model.label, each.new.name)
    name = free_name(f"read_{snake(each.model.name)}_{field.lower()}", taken)
    taken.add(name)
    empty = _as_text(configured, each) if configured else _empty(each)
    writer = Writer(migration, is_its_own=True)
    function, imports = text_function(each, name, empty, bool(configured), writer)
    functions, reverse = [function], None
    steps: list[Edit] = []
    if empty is None and each.new.is_true("null") and not each.old.is_true("null"):
        steps.append(allow_null(each.index, each.model, each.old, writer))
        reverse = free_name(f"empty_{snake(each.model.name)}_{field.lower()}", taken)
        taken.add(reverse)
        functions.append(replacing(reverse, each.model, field, [("None", '""')], FORBIDS_AGAIN))
    left = None if reverse else "Going back leaves the text as it was read."
    steps += step_edits(migration, each.index, name, *functions, reverse=reverse, is_elidable=not reverse, comment=left)
    imports = [("django.db", "router"), *imports]
    needed = [AddImport(migration.path, module, imported) for module, imported in imports]
    what = f"sets '' to {empty or 'NULL'}, and " if empty or each.new.is_true("null") else ""
    stops = "sets what it can't read to your value" if configured else "stops at rows that it can't read"
    wrote = f"{name}() {what}{stops}, before the AlterField."
    return wrote, [*steps, *writer.edits, *needed], (configured[0],) if configured else ()


def _empty(each: AlteredField) -> str | None:
    """What ``''`` becomes, as text that the column can read; None for NULL, or for nothing."""
    if each.new.is_true("null"):
        return None
    match each.new.default:
        case Name(dotted=dotted) if dotted in _EMPTY and each.new.kind == "JSONField":
            return _EMPTY[dotted]
        case Literal(value=bool() as value):
            return str(int(value))
        case Literal(value=int() | float() as value) if each.new.kind != "JSONField":
            return str(value)
    return "0" if each.new.kind == "BooleanField" else None


def _as_text(configured: tuple[str, object], each: AlteredField) -> str:
    """A value that was set, as the text that the column is read from.

    Raises ConfigError for a value of another type, and CannotWrite for one that the column can't hold.
    """
    if each.new.kind == "JSONField":
        text = configured[1] if isinstance(configured[1], str) else json.dumps(configured[1])
        try:
            json.loads(text)
        except ValueError:
            raise CannotWrite(f"the value {text!r} that you set isn't JSON") from None
        return text
    value = typed(configured, each.new)
    if not fits(value, each):
        raise CannotWrite(f"the value {value} that you set doesn't fit")
    if each.new.kind == "UUIDField":
        return UUID(str(value)).hex
    return str(int(value)) if isinstance(value, bool) else str(value)
