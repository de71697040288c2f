"""An AddField in three steps: nullable, filled, then the real field."""

from __future__ import annotations

from migfix.edits import Edit, Insert, Remove, Replace
from migfix.history.fields import field_of
from migfix.history.state import kept_field
from migfix.model import Call, Literal, Migration, Operation
from migfix.rows.fill import Fill, fill_edits
from migfix.source.code import Writer


def in_steps(migration: Migration, index: int, op: Operation, fill: Fill, taken: set[str]) -> tuple[str, list[Edit]]:
    """The name of the function that fills, and the edits. Raises CannotWrite."""
    writer = Writer(migration, is_its_own=True)
    altered = writer.operation(
        "AlterField",
        ("model_name", writer.code(op.arguments["model_name"])),
        ("name", writer.code(op.arguments["name"])),
        ("field", writer.code(kept_field(op))),
    )
    name, filling = fill_edits(migration, index + 1, fill, taken)
    edits: list[Edit] = [*_nullable(migration, op), *filling]
    edits += [Insert(migration.path, ("operations", index + 1), altered), *writer.edits]
    return name, edits


def _nullable(migration: Migration, op: Operation) -> list[Edit]:
    """The field without default and unique, null=True, and without the index that AlterField will make (#28646)."""
    field = op.arguments["field"]
    assert isinstance(field, Call)
    place = op.place("field")
    names = [argument.keyword for argument in field.arguments]
    said: dict[str, str] = {"null": "null=True"}
    if field_of(op).kind == "SlugField" or field.keyword("db_index") == Literal(True):
        said["db_index"] = "db_index=False"
    edits: list[Edit] = [
        Remove(migration.path, (*place, i))
        for i, name in enumerate(names)
        if name in ("default", "db_default", "unique")
    ]
    for name, code in sorted(said.items()):
        if name in names:
            edits.append(Replace(migration.path, (*place, names.index(name)), code.partition("=")[2]))
        else:
            after = (i for i, other in enumerate(names) if other and other > name)
            edits.append(Insert(migration.path, (*place, next(after, len(names))), code))
    if "preserve_default" in op.arguments:
        edits.append(Remove(migration.path, op.place("preserve_default")))
    return edits
