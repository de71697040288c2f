"""Rows that the default of a foreign key points at."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.changes.judgement import Judgement, Kind, safe, unknown
from migfix.history import History
from migfix.history.fields import Field
from migfix.history.model import Model
from migfix.source.data_functions.effect import Effect
from migfix.source.data_functions.effects import effects
from migfix.source.migration import Literal, Migration, Name


def default_row(field: Field, model: Model, migration: Migration, history: History) -> Judgement:
    """The verdict on existing rows that get the default of ``field``."""
    if not field.is_key or field.default is None or field.is_unconstrained:
        return safe("existing rows get its default")
    default, target = field.default, field.target(*model.key, history.facts)
    if any(each.model == target or each.kind == "unknown" for each in own_effects(migration)) or _has_sql(migration):
        return Judgement(Kind.code, "a step of this file changes rows of the table that the default points into")
    row = f"row {default.value!r}" if isinstance(default, Literal) else "the row that its default returns"
    return unknown(f"existing rows get the default of {model.label}.{field.name}, and {row} must be there before it")


def own_effects(migration: Migration) -> Iterator[Effect]:
    """What the data functions of the file do to rows."""
    for op in migration.operations:
        code = op.arguments.get("code")
        if isinstance(code, Name) and op.kind == "RunPython":
            yield from effects(migration, code.dotted)


def _has_sql(migration: Migration) -> bool:
    return any(op.kind == "RunSQL" for op in migration.operations)
