"""Operations on one model, as code that migfix writes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.history.fields import Field, together
from migfix.history.model import Model, items_of
from migfix.source.formatting import literal
from migfix.source.migration import Call, Literal, Value
from migfix.source.writer import CannotWrite, Writer, with_arguments

IN_THE_DATABASE = ("unique_together", "index_together", "indexes", "constraints")
_ALTERS = {"unique_together": "AlterUniqueTogether", "index_together": "AlterIndexTogether"}
_ADDS = {
    "indexes": ("AddIndex", "RemoveIndex", "index"),
    "constraints": ("AddConstraint", "RemoveConstraint", "constraint"),
}


@dataclass(frozen=True)
class Steps:
    """Operations that migfix writes into one migration, for the model that has the links."""

    writer: Writer
    model: str
    """The model's lower-case name."""

    def table(self, name: str | None) -> str:
        return self.writer.operation("AlterModelTable", ("name", literal(self.model)), ("table", literal(name)))

    def unique(self, *names: str) -> str:
        """An AlterUniqueTogether that makes the pair unique, as in Django's own table, or nothing without names."""
        value = f"{{({', '.join(map(literal, names))})}}" if names else "set()"
        arguments = (("name", literal(self.model)), ("unique_together", value))
        return self.writer.operation("AlterUniqueTogether", *arguments)

    def renamed(self, old: str, new: str) -> Iterator[str]:
        if old != new:
            arguments = (("model_name", self.model), ("old_name", old), ("new_name", new))
            yield self.writer.operation("RenameField", *((name, literal(value)) for name, value in arguments))

    def added(self, field: Field, value: Value | None) -> str:
        """An AddField, with ``value`` as a one-off default for existing links."""
        code = self.writer.code(with_arguments(field.value, default=value) if value else field.value)
        arguments = [("model_name", literal(self.model)), ("name", literal(field.name))]
        more = [("preserve_default", "False")] if value else []
        return self.writer.operation("AddField", *arguments, ("field", code), *more)

    def removed(self, field: str) -> str:
        return self.writer.operation("RemoveField", ("model_name", literal(self.model)), ("name", literal(field)))

    def options_added(self, model: Model) -> Iterator[str]:
        """What the model's options create in the database, as operations."""
        for name in IN_THE_DATABASE:
            value = model.options.get(name)
            if name in _ALTERS and together(value):
                assert value is not None
                arguments = (("name", literal(self.model)), (name, self.writer.code(value)))
                yield self.writer.operation(_ALTERS[name], *arguments)
            for item in items_of(value) if name in _ADDS else ():
                adding, _, argument = _ADDS[name]
                yield self.writer.operation(
                    adding, ("model_name", literal(self.model)), (argument, self.writer.code(item))
                )

    def options_removed(self, model: Model) -> Iterator[str]:
        """Operations that remove it again. Raises CannotWrite."""
        for name in IN_THE_DATABASE:
            value = model.options.get(name)
            if name in _ALTERS and together(value):
                yield self.writer.operation(_ALTERS[name], ("name", literal(self.model)), (name, "set()"))
            for item in items_of(value) if name in _ADDS else ():
                called = item.keyword("name") if isinstance(item, Call) else None
                if not isinstance(called, Literal):
                    raise CannotWrite("one of its indexes or constraints has no name")
                arguments = (("model_name", literal(self.model)), ("name", literal(called.value)))
                yield self.writer.operation(_ADDS[name][1], *arguments)
