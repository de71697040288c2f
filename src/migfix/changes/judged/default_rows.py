"""Rows that the default of a foreign key points at."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.changes.judged.judgement import Judgement, Kind, safe, unknown
from migfix.history import History
from migfix.history.fields import Field
from migfix.history.model import Model
from migfix.source.data_functions.effect import Effect
from migfix.source.data_functions.effects import effects
from migfix.source.migration import Literal, Migration, Name

_MAKES_ROWS = ("create", "ensure", "derive", "accumulate")


def default_row(field: Field, model: Model, migration: Migration, history: History) -> Judgement:
    """The verdict on existing rows that get the default of ``field``."""
    if not field.is_key or field.default is None or field.is_unconstrained:
        is_called = isinstance(field.default, Name) and not field.is_unique
        return safe("all existing rows get one value of its default" if is_called else "existing rows get its default")
    default, target = field.default, field.target(*model.key, history.facts)
    found = list(own_effects(migration))
    if any(each.model == target and each.kind in _MAKES_ROWS and not each.column for each in found):
        return safe("a step of this file makes the row that its default points at", "MIG101")
    if any(each.kind == "unknown" for each in found) or any(op.kind == "RunSQL" for op in migration.operations):
        return Judgement(Kind.code, "a step of this file may make the row that its default points at")
    row = f"row {default.value!r}" if isinstance(default, Literal) else "the row that its default returns"
    return unknown(f"existing rows get the default of {model.label}.{field.name}, and {row} must be there before it")


def own_effects(migration: Migration) -> Iterator[Effect]:
    """What the data functions of the file do to rows."""
    for op in migration.operations:
        code = op.arguments.get("code")
        if isinstance(code, Name) and op.kind == "RunPython":
            yield from effects(migration, code.dotted)
