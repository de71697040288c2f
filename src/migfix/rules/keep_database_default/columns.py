"""Defaults that only the database has: which columns of a migration need one, and which already have one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.history import History
from migfix.history.fields import Field, field_of
from migfix.history.model import Model
from migfix.history.state import State
from migfix.rows.placeholder_rows.values import TEXT
from migfix.rows.unique_fields import is_computed
from migfix.source.migration import Call, Literal, Migration, Operation, Value

_PLAIN = frozenset(
    ["datetime.date", "datetime.datetime", "datetime.time", "datetime.timedelta", "decimal.Decimal", "uuid.UUID"]
)
"""Callables whose result is as constant as a literal."""
_TOO_LARGE = frozenset({"TextField", "JSONField", "BinaryField", "GeometryField"})
"""Types whose columns take no plain DEFAULT on MySQL (its manual, 13.6 Data Type Default Values)."""


@dataclass(frozen=True)
class NewColumn:
    """An AddField of a NOT NULL column that the previous release doesn't know, and the default for it."""

    op: Operation
    model: Model
    field: Field
    """The field in the state after the whole file."""
    default: Value | None

    @property
    def label(self) -> str:
        return f"{self.model.label}.{self.field.name}"


def new_columns(migration: Migration, history: History) -> Iterator[NewColumn]:
    """Every column that a migration adds to a table that the previous release writes to."""
    later: State | None = None
    kept = _kept_from_here(migration, history)
    for _, op, state in history.states(migration):
        model = state.models.get((migration.app, op.model)) if op.kind == "AddField" else None
        if model is None or not model.has_own_table or _is_new(model, migration, history):
            continue
        later = later or history.state_before(migration, len(migration.operations))
        now = later.models.get(model.key)
        field = now.fields.get(op.text("name")) if now else None
        if field is None or now is None or (*model.key, field.name) in kept or _needs_none(field):
            continue
        yield NewColumn(op, now, field, _default(migration, op, field))


def _kept_from_here(migration: Migration, history: History) -> set[tuple[str, str, str]]:
    """The database defaults that this migration, or a later one of the app, already keeps."""
    there = history.app_mentioning(migration.app, b"db_default")
    later = [each for each in there if not history.runs_before(each.key, migration)]
    return {place for each in later for place in kept_defaults(each)}


def _is_new(model: Model, migration: Migration, history: History) -> bool:
    """Whether the table is new in the same release, so that the previous one doesn't write to it."""
    made_by = history.migration(model.made_by)
    return model.made_by == migration.key or (made_by is not None and history.is_new(made_by))


def _needs_none(field: Field) -> bool:
    """Whether an INSERT without the column works, or no default could help."""
    is_column = field.kind not in ("ManyToManyField", "GeneratedField", "CompositePrimaryKey", "")
    return not is_column or field.is_true("null") or field.get("db_default") is not None or field.is_unique


def _default(migration: Migration, op: Operation, field: Field) -> Value | None:
    """The default that the rows got: of the AddField, or of a later AlterField of the same file."""
    same = [
        each
        for each in migration.operations
        if each.kind in ("AddField", "AlterField") and each.model == op.model and each.text("name") == field.name
    ]
    value = field_of(same[-1]).get("default") or field_of(op).get("default")
    if value is None and field.is_true("blank") and field.kind in TEXT:
        return Literal("")
    return value


def reason_against(column: NewColumn, migration: Migration, history: History) -> tuple[str, str] | None:
    """Why the database can't keep the default, and the next step; None if it can."""
    value, durable = column.default, "Give the model's field a db_default"
    nullable = "make the field nullable for one release"
    django = history.facts.django or migration.django or _installed_django(history)
    if column.field.is_key:
        return "is a foreign key whose row the database can't choose", f"{nullable[0].upper()}{nullable[1:]}."
    if value is None:
        return "has no default", f"{durable}, or {nullable}."
    if is_computed(value) and not (isinstance(value, Call) and value.func in _PLAIN):
        return "has a callable default, which can't become one fixed value", f"{durable}, or {nullable}."
    if not isinstance(value, Literal | Call):
        return "has a default that migfix doesn't read", f"{durable}, or {nullable}."
    if column.field.kind in _TOO_LARGE and history.facts.may_run_on("mysql", "mariadb"):
        engines = "name the engines: --engine postgresql"
        return f"is a {column.field.kind}, which takes no plain DEFAULT on MySQL", f"{durable}, or {engines}."
    if django is None:
        return "needs Django 5.0, and migfix can't see which version this is", "Pass the version with --django."
    if django < (5, 0):
        return "needs db_default, which Django has from 5.0 on", f"Set the default in a RunSQL, or {nullable}."
    return None


def _installed_django(history: History) -> tuple[int, int] | None:
    """The Django version in the project's environment, if its packages are read."""
    package = history.package("contenttypes")
    parts = package.version.split(".")[:2] if package and package.distribution.lower() == "django" else []
    return (int(parts[0]), int(parts[1])) if len(parts) == 2 and all(map(str.isdecimal, parts)) else None


def kept_defaults(migration: Migration) -> dict[tuple[str, str, str], Value]:
    """(app, model, field) -> the default that database-only operations keep there."""
    found: dict[tuple[str, str, str], Value] = {}
    for op in migration.operations:
        for each in op.database_operations:
            if each.kind in ("AlterField", "AddField"):
                place = (migration.app, each.model, each.text("name"))
                value = field_of(each).get("db_default")
                found.pop(place, None)
                if value is not None:
                    found[place] = value
    return found
