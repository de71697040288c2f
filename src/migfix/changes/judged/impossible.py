"""Operations that fail on every database, because of what is there before them, or isn't."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from migfix.changes.keys_by_field import keys_by_field, target_without_uniqueness
from migfix.history import History
from migfix.history.fields import Field, field_of, strings_in, together
from migfix.history.model import Model
from migfix.history.state import State
from migfix.source.migration import Call, Operation

_NO_COLUMN = ("", "ManyToManyField", "CompositePrimaryKey")


def impossible(op: Operation, model: Model, state: State, history: History) -> str:
    """Why an operation on ``model`` fails; "" if it doesn't, as far as its names show."""
    return next(filter(None, (question(op, model, state, history) for question in _QUESTIONS)), "")


def _has_column(op: Operation, model: Model, state: State, history: History) -> str:
    """Whether another field already has the column that a field gets."""
    if op.kind == "RenameField":
        old = model.fields.get(op.text("old_name"))
        new = Field(op.text("new_name"), old.value) if old else None
    else:
        new = field_of(op) if op.kind in ("AddField", "AlterField") else None
    if new is None or new.kind in _NO_COLUMN:
        return ""
    replaced = op.text("old_name") if op.kind == "RenameField" else new.name
    other = next((each for each in _may_share(model, new) if each.name != replaced), None)
    if other is None:
        return ""
    if other.column != new.column:
        alike = f"{new.column} and {other.column}, of its field {other.name}"
        return f"{model.label} gets columns that SQLite, MySQL and MariaDB take for one, {alike}"
    return f"{model.label} already has the column {new.column}, of its field {other.name}"


def _may_share(model: Model, new: Field) -> Iterator[Field]:
    """The fields of a model with the same column, also in another case.

    Those with a ``db_column`` count only if ``new`` has one, too.
    """
    column = new.column.lower()
    names = {column, column.removesuffix("_id")}
    named = [each for name, each in model.fields.items() if name.lower() in names]
    for each in model.fields.values() if new.get("db_column") else named:
        if each.kind not in _NO_COLUMN and each.column.lower() == column:
            yield each


def _has_table(op: Operation, model: Model, state: State, history: History) -> str:
    """Whether another model already has the table that a model gets."""
    table = op.text("table") if op.kind == "AlterModelTable" else ""
    if not table:
        return ""
    others = (each for each in state.models.values() if each.key != model.key and each.has_own_table)
    other = next((each for each in others if each.table == table), None)
    return f"{other.label} already has the table {table}" if other else ""


def _lacks_field(op: Operation, model: Model, state: State, history: History) -> str:
    """Whether an index or a constraint names a field that the model doesn't have yet."""
    if model.parents(history.facts):
        return ""
    value = op.arguments.get("constraint") or op.arguments.get("index")
    listed = value.keyword("fields") if isinstance(value, Call) and op.kind.startswith("Add") else None
    names = {name.lstrip("-") for name in strings_in(listed)}
    if op.kind == "AlterUniqueTogether":
        names = {name for each in together(op.arguments.get("unique_together")) for name in each}
    lost = sorted(names - model.fields.keys() - {"pk", "id", "_order"})
    return f"{model.label} doesn't have {lost[0]} at this point" if lost and model.fields else ""


def _lacks_unique(op: Operation, model: Model, state: State, history: History) -> str:
    """Whether a foreign key names a field of its target that isn't unique yet."""
    is_field = op.kind in ("AddField", "AlterField")
    found = target_without_uniqueness(field_of(op), model, state, history.facts) if is_field else None
    return f"{found[0].label}.{found[1].name}, which it points at, isn't unique at this point" if found else ""


def _is_needed(op: Operation, model: Model, state: State, history: History) -> str:
    """Whether a foreign key with a constraint needs the uniqueness that a field loses."""
    old = model.fields.get(op.text("name")) if op.kind == "AlterField" else None
    if old is None or not old.is_unique or field_of(op).is_unique:
        return ""
    pointing = keys_by_field(state, model.key, old.name, history.facts)
    found = next((each for each in pointing if not each[1].is_unconstrained), None)
    return f"{found[0].label}.{found[1].name} points at it, so it must stay unique" if found else ""


_QUESTIONS: tuple[Callable[[Operation, Model, State, History], str], ...] = (
    _has_column,
    _has_table,
    _lacks_field,
    _lacks_unique,
    _is_needed,
)
