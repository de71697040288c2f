"""A new NOT NULL column whose default is None: Django gives existing rows NULL, which the column forbids."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.changes.tables import may_have_rows
from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.history.fields import Field, configured_value, field_of
from migfix.rows.placeholder_rows.set_values import typed
from migfix.rows.placeholder_rows.values import TEXT, of_value
from migfix.rules.backfill_before_not_null import RULE
from migfix.source.edits import AddImport, Insert, Replace
from migfix.source.formatting import literal
from migfix.source.migration import Call, Literal, Migration, Operation
from migfix.source.writer import Writer

_HAVE_NO_COLUMN = ("", "ManyToManyField", "GeneratedField")


def added_none(migration: Migration, history: History) -> Iterator[Finding]:
    """A finding for each such AddField of a migration on a table that may have rows."""
    for index, op, state in history.states(migration):
        model = state.models.get((migration.app, op.model)) if op.kind == "AddField" else None
        field = field_of(op)
        if model is None or field.kind in _HAVE_NO_COLUMN or not may_have_rows(model, migration):
            continue
        if field.get("default") == Literal(None) and not field.is_true("null") and not field.is_unique:
            yield _finding(migration, index, op, field, model.label, history)


def _finding(migration: Migration, index: int, op: Operation, field: Field, label: str, history: History) -> Finding:
    why = f"{label}.{field.name} forbids NULL, but its default None gives existing rows NULL."
    configured = configured_value(history.facts, label, field.name)
    if configured is None and field.kind not in TEXT:
        next_step = f"Give them a value with --set {label}.{field.name}=VALUE, or give the field a default."
        return Refusal(RULE.code, migration.path, op.line, why, next_step)
    value = op.arguments["field"]
    assert isinstance(value, Call)
    written = of_value(typed(configured, field) if configured else "", field)
    place = next(place for place, each in enumerate(value.arguments) if each.keyword == "default")
    writer = Writer(migration, is_its_own=True)
    real = writer.operation(
        "AlterField",
        ("model_name", literal(op.model)),
        ("name", literal(field.name)),
        ("field", writer.code(value)),
    )
    imports = [AddImport(migration.path, module, name) for module, name in written.imports]
    return Rewrite(
        RULE.code,
        migration.path,
        op.line,
        why,
        f"adds it with the default {written.code}, and an AlterField changes that to None.",
        (
            Replace(migration.path, (*op.place("field"), place), written.code),
            Insert(migration.path, ("operations", index + 1), real),
            *writer.edits,
            *imports,
        ),
        used_values=(configured[0],) if configured else (),
    )
