"""A RemoveField that waits until rows have been copied."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from migfix.history.fields import Field
from migfix.history.model import Model
from migfix.source.edits import Edit, Insert, Remove
from migfix.source.formatting import literal
from migfix.source.migration import Literal, Migration, Operation, Value
from migfix.source.text import comments_above
from migfix.source.writer import Writer, with_arguments


class Replaced(Protocol):
    """A field that a RemoveField removes, and the index of the AddField of the one that takes its place."""

    @property
    def migration(self) -> Migration: ...
    @property
    def removed(self) -> int: ...
    @property
    def added(self) -> int: ...
    @property
    def remove(self) -> Operation: ...
    @property
    def model(self) -> Model: ...
    @property
    def old(self) -> Field: ...


def added_nullable(each: Replaced, add: Operation, name: str, writer: Writer, field: Value) -> list[Edit]:
    """The edits that add ``field``, which allows NULL until the rows are copied, instead of the operation ``add``."""
    comment = "\n".join(comments_above(each.migration.source, add.line)) or None
    names = ("model_name", literal(add.model)), ("name", literal(name))
    code = writer.operation("AddField", *names, ("field", writer.code(with_arguments(field, null=Literal(True)))))
    return [
        Remove(each.migration.path, add.where),
        Insert(each.migration.path, ("operations", each.added), code, comment),
    ]


def kept_until(each: Replaced, kept: str, writer: Writer, *steps: Edit) -> Iterator[Edit]:
    """The edits that keep the old field until ``steps`` have run, under the name ``kept``."""
    path, of_model = each.migration.path, ("model_name", literal(each.model.name.lower()))
    if each.removed > each.added:
        yield from steps
        return
    comment = "\n".join(comments_above(each.migration.source, each.remove.line)) or None
    yield Remove(path, each.remove.where)
    if kept != each.old.name:
        names = ("old_name", literal(each.old.name)), ("new_name", literal(kept))
        yield Insert(path, ("operations", each.removed), writer.operation("RenameField", of_model, *names), comment)
        comment = None
    yield from steps
    remove = writer.operation("RemoveField", of_model, ("name", literal(kept)))
    yield Insert(path, ("operations", each.added + 1), remove, comment)
