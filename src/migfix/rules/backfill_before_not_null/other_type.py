"""A column that gets another type in the same AlterField: the type changes first, while the column allows NULL."""

from __future__ import annotations

import ast

from migfix.rows.functions.fill import Fill
from migfix.rules.backfill_before_not_null.columns import Forbidden, can_hold
from migfix.source.edits import Edit, Insert
from migfix.source.formatting import flatten
from migfix.source.migration import Literal, Migration
from migfix.source.writer import Writer, with_arguments


def is_too_early(each: Forbidden, fill: Fill) -> bool:
    """Whether the column can't hold the value before it has its new type."""
    if each.old.is_relation or each.old.has_same_type(each.field):
        return False
    try:
        return not can_hold(each.old, ast.literal_eval(flatten(fill.value)))
    except ValueError:
        return each.old.kind != each.field.kind


def type_first(migration: Migration, each: Forbidden) -> list[Edit]:
    """The AlterField of the type, before the one that forbids NULL. Raises CannotWrite."""
    writer = Writer(migration, is_its_own=True)
    unique = Literal(True) if each.old.is_true("unique") else None
    allowed = with_arguments(each.field.value, null=Literal(True), default=None, unique=unique)
    code = writer.alter_field(each.model.name.lower(), each.field.name, allowed)
    return [Insert(migration.path, ("operations", each.index), code), *writer.edits]
