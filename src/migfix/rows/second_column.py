"""A second column that is filled and takes the place of the first, where a column can't be altered."""

from __future__ import annotations

from migfix.history.fields import Field, names_field
from migfix.history.model import Model, items_of
from migfix.source.formatting import literal
from migfix.source.migration import Value
from migfix.source.writer import CannotWrite, Writer


def replace_column(writer: Writer, model: str, field: str, second: str, value: Value, step: str) -> tuple[str, ...]:
    """The code of the operations: add ``second`` with ``value``, run ``step``, remove ``field``, rename ``second``."""
    of_model = ("model_name", literal(model))
    names = ("old_name", literal(second)), ("new_name", literal(field))
    return (
        writer.operation("AddField", of_model, ("name", literal(second)), ("field", writer.code(value))),
        step,
        writer.operation("RemoveField", of_model, ("name", literal(field))),
        writer.operation("RenameField", of_model, *names),
    )


def demand_unnamed(model: Model, field: Field) -> None:
    """Raises CannotWrite if an index or a constraint names the field, which then can't be removed."""
    for name in ("unique_together", "index_together", "indexes", "constraints"):
        if any(names_field(value, field.name) for value in items_of(model.options.get(name))):
            raise CannotWrite(f"it is named in {name} of {model.label}")
