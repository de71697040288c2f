"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.changes.replaced_fields import perhaps_renamed, replaced_fields
from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.history.fields import Field, configured_value
from migfix.history.model import Model
from migfix.rows.removed_field import CannotComeBack, is_stuck, value_for
from migfix.rows.without_primary_key import before_window
from migfix.rules.make_removal_reversible import RULE
from migfix.rules.make_removal_reversible.field_classes import as_djangos
from migfix.source.edits import Insert
from migfix.source.migration import Migration, Operation
from migfix.source.writer import CannotWrite, Writer, with_arguments

COMMENT = "Going back gives existing rows this value."


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Give the field a default right before it is removed, so that going back starts from there."""
    for migration in migrations:
        yield from _check(migration, history)


def _check(migration: Migration, history: History) -> Iterator[Finding]:
    before = history.state_before(migration)
    renamed = {each.removed for each in perhaps_renamed(list(replaced_fields(migration, history)))}  # MIG109 asks
    for index, op, state in history.states(migration):
        is_removed = op.kind == "RemoveField" and index not in renamed
        model = state.models.get((migration.app, op.model)) if is_removed else None
        field = model.fields.get(op.text("name")) if model else None
        plain = as_djangos(field, migration.path, history) if field else None
        if model and field and plain and is_stuck(migration, index, model, plain):
            place = before_window(migration, index, model.key, history)
            yield _finding(migration, op, place, before.models.get(model.key, model), model, field, plain, history)


def _finding(
    migration: Migration,
    op: Operation,
    place: int,
    before: Model,
    model: Model,
    field: Field,
    plain: Field,
    history: History,
) -> Finding:
    why = f"{model.label}.{field.name} is NOT NULL without a default: going back has no value for existing rows."
    configured = configured_value(history.facts, model.label, field.name)
    if target := _deleted_target(migration, model, field, history):
        why = f"{why[:-1]}, and {target}, which it points at, comes back without rows."
        next_step = f"If it must come back, delete {target} in a later release."
        return Refusal(RULE.code, migration.path, op.line, why, next_step)
    try:
        default, code = value_for(before, plain, configured)
        writer = Writer(migration)
        written = writer.operation(
            "AlterField",
            ("model_name", f'"{op.model}"'),
            ("name", f'"{field.name}"'),
            ("field", writer.code(with_arguments(field.value, default=default))),
        )
    except CannotComeBack as reason:
        return _refusal(migration, op, f"{why[:-1]}, and {reason}", model, field)
    except CannotWrite as reason:
        return _refusal(migration, op, f"{why[:-1]}, and its definition can't be copied here: {reason}.", model, field)
    return Rewrite(
        RULE.code,
        migration.path,
        op.line,
        why,
        f"adds an AlterField before it that sets default={code}: existing rows get it when the column comes back.",
        (Insert(migration.path, ("operations", place), written, COMMENT), *writer.edits),
        used_values=(configured[0],) if configured else (),
    )


def _deleted_target(migration: Migration, model: Model, field: Field, history: History) -> str:
    """The model that a key points at, if the file deletes it; "" if not."""
    key = field.target(*model.key, history.facts) if field.is_key else None
    deleted = [op.model for op in migration.operations if op.kind == "DeleteModel"]
    return f"{key[0]}.{key[1]}" if key and key[0] == migration.app and key[1] in deleted else ""


def _refusal(migration: Migration, op: Operation, why: str, model: Model, field: Field) -> Refusal:
    by_hand = "alter it to null=True first, with a RunPython in between that fills it when going back."
    if field.is_unique or "unique" in why:
        return Refusal(RULE.code, migration.path, op.line, why, f"If it must come back, {by_hand}")
    configured = f"Set a value with --set {model.label}.{field.name}=VALUE"
    return Refusal(RULE.code, migration.path, op.line, why, f"{configured}, or {by_hand}")
