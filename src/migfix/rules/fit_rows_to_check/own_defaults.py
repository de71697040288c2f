"""Defaults that existing rows get, and that the column or a check constraint doesn't allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from migfix.changes.new_checks import NewCheck
from migfix.changes.tables import may_have_rows
from migfix.changes.type_facts import digits_of
from migfix.changes.unfit_defaults import unfit
from migfix.findings.finding import Refusal
from migfix.findings.words import counted
from migfix.history import History
from migfix.history.fields import Field, field_of
from migfix.history.model import Model, items_of
from migfix.rows.placeholder_rows.check_constraint import Unreadable, condition_of, fields_in, holds
from migfix.rows.placeholder_rows.values import TEXT, max_length
from migfix.rows.prepared import is_filled
from migfix.rules.fit_rows_to_check import RULE
from migfix.source.migration import Call, Literal, Migration, Operation, Value

ACCEPT = "To accept this, add `# migfix: ignore[MIG112]`."


def own_defaults(migration: Migration, checks: list[NewCheck], history: History) -> Iterator[Refusal]:
    """A finding for each such default of a field that is added, or that no longer allows NULL.

    ``checks`` are the new checks of the migration.
    """
    for index, op, state in history.states(migration):
        model = state.models.get((migration.app, op.model)) if op.kind in ("AddField", "AlterField") else None
        if model is None or not may_have_rows(model, migration) or not _fills_rows(op, model):
            continue
        field = field_of(op)
        if what := unfit(field):
            fact = f"{model.label}.{field.name} {what}, and its default is {_default(field)!r}: the migration fails."
            yield Refusal(RULE.code, migration.path, op.line, fact, "Choose another default.")
            continue
        why = _too_large(field) or _broken(field, index, model, checks)
        if why and not is_filled(migration, len(migration.operations), model, field.name, history):
            default = "NULL" if field.default is None else f"its default {_default(field)!r}"
            fact = f"{model.label}.{field.name} {why}, but existing rows get {default}."
            yield Refusal(RULE.code, migration.path, op.line, fact, f"Choose another default. {ACCEPT}")


def _fills_rows(op: Operation, model: Model) -> bool:
    """Whether existing rows get the default of the field, or NULL, and its value can be read."""
    field, old = field_of(op), model.fields.get(op.text("name"))
    is_known = isinstance(field.default, Literal) or (field.default is None and field.is_true("null"))
    if op.kind == "AddField":
        return is_known and field.get("db_default") is None and field.kind != "ManyToManyField"
    return is_known and old is not None and old.is_true("null") and not field.is_true("null")


def _default(field: Field) -> object:
    return field.default.value if isinstance(field.default, Literal) else None


def _too_large(field: Field) -> str:
    """What the column allows, if the default is more; "" if it fits or if that can't be read."""
    value = _default(field)
    if field.kind in TEXT and isinstance(value, str | int):
        room = max_length(field)
        return f"holds at most {counted(room, 'character')}" if room is not None and len(str(value)) > room else ""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return ""
    if field.kind.endswith("IntegerField") and abs(value) > (largest := _largest(field)):
        return f"holds numbers up to {largest:,}"
    if field.kind.startswith("Positive") and value < 0:
        return "allows no negative numbers"
    sizes = digits_of(field) if field.kind == "DecimalField" else None
    if sizes is None or abs(value) < 10 ** (sizes[0] - sizes[1]):
        return ""
    return f"holds at most {sizes[0] - sizes[1]} digits before the point"


def _largest(field: Field) -> int:
    """The largest number on every engine but SQLite, which has no limit, and MySQL, whose positive ones are larger."""
    sizes = {"Small": 2**15 - 1, "Big": 2**63 - 1}
    return next((each for word, each in sizes.items() if word in field.kind), 2**31 - 1)


def _broken(field: Field, index: int, model: Model, checks: list[NewCheck]) -> str:
    """The check constraint that the default breaks, of the table or added later in the file."""
    later = {each.name: each.condition for each in checks if each.model.key == model.key and each.index > index}
    for name, condition in {**_checks_of(model), **later}.items():
        try:
            if fields_in(condition) == {field.name} and not holds(condition, {field.name: _default(field)}):
                return f"has the check constraint {name}" if name else "has a check constraint"
        except Unreadable:
            continue
    return ""


def _checks_of(model: Model) -> Mapping[str, Value]:
    found = {}
    for each in items_of(model.options.get("constraints")):
        name = each.keyword("name") if isinstance(each, Call) else None
        condition = condition_of(each)
        if condition is not None:
            found[str(name.value) if isinstance(name, Literal) else ""] = condition
    return found
