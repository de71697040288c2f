"""A different value for each row: from a callable default, or a new row that a one-to-one field points at."""

from __future__ import annotations

from migfix.history import History
from migfix.history.fields import Field
from migfix.history.model import Model
from migfix.history.uniqueness import unique_sets
from migfix.rows.functions.fill import Fill
from migfix.rows.functions.variables import Variables, roots
from migfix.rows.placeholder_rows.columns import Columns
from migfix.rows.placeholder_rows.seed import CannotSeed
from migfix.rows.placeholder_rows.seeder import Seeder
from migfix.rows.placeholder_rows.values import AUTO, INTEGERS, TEXT, max_length
from migfix.rows.unique_fields import UniqueField
from migfix.source.formatting import Code, call, flatten
from migfix.source.migration import Migration, Name
from migfix.source.writer import Writer

_PLAIN = frozenset({*TEXT, *INTEGERS, *AUTO, "ForeignKey", "OneToOneField", "BooleanField", "NullBooleanField"}) | {
    "DateField",
    "DateTimeField",
    "DecimalField",
    "DurationField",
    "FloatField",
    "GenericIPAddressField",
    "TimeField",
    "UUIDField",
}
"""Django's own field classes whose values go into an UPDATE as they are."""

_RANDOM_UUID = (5, 2)
"""Django from this version on needs a PostgreSQL that has ``gen_random_uuid()`` without an extension."""

COMPUTED = "# A default is the same for all existing rows, and each needs a value of its own."


def fill_of(migration: Migration, each: UniqueField, history: History) -> Fill | None:
    """How each row gets its own value; None if the default gives all rows the same value.

    Raises CannotSeed for a one-to-one field whose rows migfix must not invent, CannotWrite for a default that can't be
    written in this file.
    """
    if each.is_computed:
        return called(migration, each.model, each.field)
    if each.field.is_key and each.unique == (each.field.name,):
        return _new_rows(each, history)
    if each.field.kind == "SlugField" and each.unique == (each.field.name,):
        return _slugs(each)
    return None


_NAMES = ("name", "title", "headline", "label", "subject")
"""Fields that a slug is usually made from."""


def _slugs(each: UniqueField) -> Fill | None:
    """A slug from the name or title of each row; None if the model has no such text."""
    names = [name for name in _NAMES if name in each.model.fields and each.model.fields[name].kind in TEXT]
    if not names:
        return None
    is_unicode = ", allow_unicode=True" if each.field.is_true("allow_unicode") else ""
    value = f"slugify(row.{names[0]}{is_unicode})"
    comment = f"# Each row needs a slug of its own, made from its {names[0]}."
    imports = (("django.utils.text", "slugify"),)
    return Fill(
        each.model, each.field.name, value, comment, room=max_length(each.field), slug_of=names[0], imports=imports
    )


def called(migration: Migration, model: Model, field: Field, comment: str = COMPUTED) -> Fill:
    """A fill that calls the default of ``field`` for each row. Raises CannotWrite."""
    default = field.default
    assert default is not None
    writer = Writer(migration, is_its_own=True)
    code = f"{flatten(writer.code(default))}()"
    imports, made = tuple(writer.imports), None
    if default == Name("uuid.uuid4") and field.kind == "UUIDField" and (migration.django or (0, 0)) >= _RANDOM_UUID:
        made, imports = "RandomUUID()", (*imports, ("django.contrib.postgres.functions", "RandomUUID"))
    return Fill(
        model,
        field.name,
        code,
        comment,
        is_sent_as_sql=_fits_statement(model, field),
        on_postgresql=made,
        imports=imports,
        read=roots(code),
    )


def _fits_statement(model: Model, field: Field) -> bool:
    """Whether a plain UPDATE can take the values: the field writes no SQL around them, and the key is one column."""
    key = model.primary_key
    is_named_plainly = "%" not in model.table + field.column
    return field.kind in _PLAIN and (key is None or key.kind in _PLAIN) and is_named_plainly


def _new_rows(each: UniqueField, history: History) -> Fill | None:
    seeder = Seeder(history, each.now, each.later)
    _, target = seeder.target_to_make(each.model, each.field)
    if target is None or each.field.get("to_field"):
        return None
    written, imports = _values(seeder, target, each.model)
    create = f"{Variables((each.model, target)).rows(target)}.create"
    comment = f"# Each row needs a {target.name} of its own."
    value = call(create, *(f"{name}={code}" for name, code in written.items()))
    return Fill(each.model, each.field.name, value, comment, needs=(target,), imports=imports)


def _values(seeder: Seeder, target: Model, child: Model) -> tuple[dict[str, Code], tuple[tuple[str, str | None], ...]]:
    """Attribute -> code for a new row of ``target``. Unique values are made from the key of the child's row."""
    lineage = seeder.lineage(target)
    key = lineage[0].primary_key
    if key is not None and key.kind not in AUTO and key.default is None:
        raise CannotSeed(
            f"a {target.label} needs a key that migfix can't invent.", "Create the rows in your own RunPython."
        )
    plan = Columns(seeder, target, lineage, 1, "pk", "1")
    fields = {each.name: each for model in lineage for each in model.fields.values()}
    written = plan.written([each for each in fields.values() if not each.is_true("primary_key")], None)
    if plan.needs:
        raise CannotSeed(
            f"a new {target.label} needs a row of {plan.needs[0].model.label} as well.",
            "Create the rows in your own RunPython.",
        )
    sets = [names for model in lineage for names in unique_sets(seeder.later.models.get(model.key, model))]
    unique = {names[0] for names in sets}
    codes: dict[str, Code] = {name: each.code for name, each in written.items()}
    for name in unique & written.keys():
        codes[name] = _per_row(fields[name], target, child)
    kept = [each for name, each in written.items() if name not in unique]
    return codes, tuple(line for each in kept for line in each.imports)


def _per_row(field: Field, target: Model, child: Model) -> str:
    """Code whose value differs from row to row. Raises CannotSeed."""
    key = child.primary_key
    if field.kind in INTEGERS and (key is None or key.kind in AUTO | INTEGERS):
        return "row.pk"
    if field.kind in TEXT and field.kind not in ("URLField", "FilePathField") and field.get("choices") is None:
        suffix = "@example.com" if field.kind in ("EmailField", "CIEmailField") else ""
        room = max_length(field)
        words = target.name.lower() if field.kind != "CharField" else target.name
        prefix = f"{words}-" if field.kind != "CharField" else f"{words} "
        if room is None or len(prefix) + len(suffix) + 36 <= room:
            return f'f"{prefix}{{row.pk}}{suffix}"'
        if room >= 20 and not suffix:
            return "str(row.pk)"
    raise CannotSeed(
        f"each {target.label} needs its own {field.name}, which migfix can't invent.",
        "Create the rows in your own RunPython.",
    )
