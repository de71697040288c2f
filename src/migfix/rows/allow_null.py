"""An AlterField after which an existing column allows NULL."""

from __future__ import annotations

from migfix.history.fields import Field
from migfix.history.model import Model
from migfix.source.edits import Insert
from migfix.source.migration import Literal
from migfix.source.writer import Writer, with_arguments


def allow_null(index: int, model: Model, field: Field, writer: Writer) -> Insert:
    """The edit before operation ``index``. ``field`` is otherwise as it is. Raises CannotWrite."""
    allowed = with_arguments(field.value, null=Literal(True))
    code = writer.alter_field(model.name.lower(), field.name, allowed)
    return Insert(writer.migration.path, ("operations", index), code)
