"""An AddField in three steps: nullable, filled, then the real field."""

from __future__ import annotations

from migfix.history.altered_model import kept_field
from migfix.history.fields import field_of
from migfix.rows.functions.fill import Fill
from migfix.rows.functions.fill_function import fill_edits
from migfix.source.edits import Edit, Insert, Remove, Replace
from migfix.source.migration import Call, Literal, Migration, Operation, Value
from migfix.source.text import comment_after, comments_above
from migfix.source.writer import Writer, with_arguments


def in_steps(
    migration: Migration, index: int, op: Operation, fill: Fill, taken: set[str], place: int
) -> tuple[str, list[Edit]]:
    """The name of the fill function, and the edits. The steps are placed before operation ``place``.

    Raises CannotWrite.
    """
    writer = Writer(migration, is_its_own=True)
    model, name = (writer.code(op.arguments[each]) for each in ("model_name", "name"))
    altered = writer.operation(
        "AlterField", ("model_name", model), ("name", name), ("field", writer.code(kept_field(op)))
    )
    if place == index:
        place, nullable = index + 1, _nullable(migration, op)
    else:
        field = writer.code(with_arguments(op.arguments["field"], **_WITHOUT, **_arguments(op)))
        added = writer.operation("AddField", ("model_name", model), ("name", name), ("field", field))
        comments = [*comments_above(migration.source, op.line), comment_after(migration.source, op.value.span)]
        comment = "\n".join(filter(None, comments)) or None
        nullable = [Remove(migration.path, op.where), Insert(migration.path, ("operations", place), added, comment)]
    function, filling = fill_edits(migration, place, fill, taken)
    return function, [*nullable, *filling, Insert(migration.path, ("operations", place), altered), *writer.edits]


_WITHOUT: dict[str, Value | None] = {"default": None, "db_default": None, "unique": None}
"""Arguments that the field gets only after it is filled."""


def _arguments(op: Operation) -> dict[str, Value | None]:
    """Arguments of the field until it is filled: nullable, and without an index, which AlterField creates (#28646)."""
    field = op.arguments["field"]
    assert isinstance(field, Call)
    has_index = field_of(op).kind == "SlugField" or field.keyword("db_index") == Literal(True)
    index: dict[str, Value | None] = {"db_index": Literal(False)} if has_index else {}
    return {"null": Literal(True), **index}


def _nullable(migration: Migration, op: Operation) -> list[Edit]:
    """The edits that turn the field, in its place, into what it is until it is filled."""
    field = op.arguments["field"]
    assert isinstance(field, Call)
    place = op.place("field")
    names = [argument.keyword for argument in field.arguments]
    keywords = {name: f"{name}={value.value}" for name, value in _arguments(op).items() if isinstance(value, Literal)}
    edits: list[Edit] = [Remove(migration.path, (*place, i)) for i, name in enumerate(names) if name in _WITHOUT]
    for name, code in sorted(keywords.items()):
        if name in names:
            edits.append(Replace(migration.path, (*place, names.index(name)), code.partition("=")[2]))
        else:
            after = (i for i, other in enumerate(names) if other and other > name)
            edits.append(Insert(migration.path, (*place, next(after, len(names))), code))
    if "preserve_default" in op.arguments:
        edits.append(Remove(migration.path, op.place("preserve_default")))
    return edits
