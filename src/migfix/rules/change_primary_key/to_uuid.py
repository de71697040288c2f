"""A number that becomes a UUID: through text, with every key and link that points at it."""

from __future__ import annotations

from migfix.changes.altered_fields import AlteredField
from migfix.history import History
from migfix.history.fields import Field
from migfix.history.model import Model
from migfix.rows.prepared import is_cleaned
from migfix.rules.change_primary_key import RULE
from migfix.rules.change_primary_key.functions import functions
from migfix.rules.change_primary_key.pointing import Pointing
from migfix.source.edits import AddFunction, AddImport, Edit, Insert
from migfix.source.formatting import free_name, quote_of, snake, with_quotes
from migfix.source.migration import Argument, Call, Literal, Migration, Name
from migfix.source.names import spelling
from migfix.source.writer import Writer, with_arguments

_TEXT = Call(
    "django.db.models.CharField",
    (
        Argument("max_length", Literal(36)),
        Argument("primary_key", Literal(True)),
        Argument("serialize", Literal(False)),
    ),
)


def is_prepared(migration: Migration, each: AlteredField, history: History) -> bool:
    """Whether the author brings the key to its new values, or this is one of the steps on the way."""
    return each.new.value == _TEXT or is_cleaned(
        migration, len(migration.operations), each.model, each.old.name, history, RULE.code
    )


def to_uuid(migration: Migration, each: AlteredField, pointing: Pointing, taken: set[str]) -> tuple[str, list[Edit]]:
    """What is written, and the edits. Raises CannotWrite."""
    writer = Writer(migration, is_its_own=True)
    stem = snake(each.model.name)
    names = [free_name(text, taken) for text in (f"change_{stem}_keys", f"give_{stem}_uuids", f"number_{stem}_rows")]
    reset = free_name(f"reset_{stem}_sequence", taken)
    taken.update((*names, reset))
    spelled = spelling(migration.imports, "django.db.migrations.RunPython") or "migrations.RunPython"
    made = _made(each.new, writer)
    codes = functions((names[0], names[1], names[2], reset), each, pointing, made)
    relations = _constrained(each.model, pointing)
    off = [_altered(writer, *one, is_free=True) for one in relations]
    on = [_altered(writer, *one, is_free=False) for one in relations]
    first = [
        _step(writer, f"{spelled}.noop", reset),
        *off,
        writer.alter_field(each.model.name.lower(), each.old.name, _TEXT),
        _step(writer, names[1], names[2]),
    ]
    quote, place = quote_of(migration.source), each.index
    edits: list[Edit] = [Insert(migration.path, ("operations", place), code) for code in first]
    edits += [Insert(migration.path, ("operations", place + 1), code) for code in reversed(on)]
    edits += [AddFunction(migration.path, with_quotes(code, quote)) for code in codes]
    edits += [*writer.edits, AddImport(migration.path, "django.db", "router")]
    edits += [AddImport(migration.path, "django.core.management.color", "no_style")]
    wrote = f"{names[1]}() gives each row a UUID, and the keys that point at it; {names[2]}() numbers them again."
    return wrote, edits


def _step(writer: Writer, code: str, reverse: str) -> str:
    return writer.operation("RunPython", ("code", code), ("reverse_code", reverse))


def _made(new: Field, writer: Writer) -> str:
    """The code of a new UUID."""
    default = new.get("default")
    name = default.dotted if isinstance(default, Name) and default.dotted.startswith("uuid.") else "uuid.uuid4"
    return f"{writer.name(name)}()"


def _constrained(model: Model, pointing: Pointing) -> Pointing:
    """The relations whose constraints must go while keys change: all keys of the tables whose rows are written.

    PostgreSQL would check them at the end of the transaction that rewrites these tables, and alter none until then.
    """
    links = [
        (owner, field) for owner, field in pointing if field.kind == "ManyToManyField" and not field.get("through")
    ]
    written = {owner.key: owner for owner, field in pointing if field.is_key}
    keys = [(owner, field) for owner in {model.key: model, **written}.values() for field in owner.fields.values()]
    return (*links, *((owner, field) for owner, field in keys if field.is_key and not field.is_unconstrained))


def _altered(writer: Writer, model: Model, field: Field, is_free: bool) -> str:
    """An AlterField that drops the constraint of a relation, or brings it back."""
    value = with_arguments(field.value, db_constraint=Literal(False)) if is_free else field.value
    return writer.alter_field(model.name.lower(), field.name, value)
