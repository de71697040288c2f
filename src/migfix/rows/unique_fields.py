"""New fields that must be unique, and what their default gives existing rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.history import History
from migfix.history.fields import Field, field_of
from migfix.history.model import Model
from migfix.history.state import State
from migfix.history.uniqueness import unique_sets
from migfix.rows.placeholder_rows.made_by_steps import writes_column
from migfix.rows.placeholder_rows.values import TEXT
from migfix.source.migration import Call, Literal, Migration, Name, Opaque, Operation, Value


@dataclass(frozen=True)
class UniqueField:
    """An AddField on a table that may have rows. The field must be unique, alone or together with others."""

    index: int
    op: Operation
    model: Model
    field: Field
    default: Value | None
    unique: tuple[str, ...]
    """The fields whose values must be unique together."""
    now: State
    later: State

    @property
    def label(self) -> str:
        return f"{self.model.label}.{self.field.name}"

    @property
    def is_computed(self) -> bool:
        """Whether the default is a callable that can return a different value for each row."""
        return is_computed(self.default)


EMPTY = frozenset({"bool", "bytes", "dict", "float", "int", "list", "set", "str", "tuple"})
"""Callables that return the same value each time."""


def is_computed(default: Value | None) -> bool:
    """Whether a default returns a different value each time it is called.

    Django writes a partial as ``functools.partial(f, *(1,), **{})``.
    """
    match default:
        case Name(dotted=dotted):
            return dotted not in EMPTY
        case Call(func="functools.partial"):
            return True
        case Opaque(code=code):
            return code.startswith("functools.partial(")
    return False


def unique_fields(migration: Migration, history: History) -> Iterator[UniqueField]:
    """Every new field of a migration that must be unique but whose default gives all rows the same value."""
    later: State | None = None
    first = history.state_before(migration)
    for index, op, state in history.states(migration):
        model = state.models.get((migration.app, op.model)) if op.kind == "AddField" else None
        if model is None or model.made_by == migration.key or not model.has_own_table:
            continue
        field = field_of(op)
        if field.kind in ("ManyToManyField", "GeneratedField", "") or field.is_true("primary_key"):
            continue
        default = _given(field)
        if default is None:
            continue
        later = later or history.state_before(migration, len(migration.operations))
        tables = first.models.get(model.key, model), later.models.get(model.key, model)
        names = alike_in_two_rows(field, *tables) or partly_unique(field, default, tables[1])
        if not names or (not field.is_unique and writes_column(migration, model.key, field.name)):
            continue
        now = history.state_before(migration, index)
        yield UniqueField(index, op, now.models[model.key], field, default, names, now, later)


def _given(field: Field) -> Value | None:
    """The value that ``SchemaEditor.effective_default`` gives every row; None for NULL and database-computed values."""
    default = field.get("default")
    if default is not None and default not in (Literal(None), Name("django.db.models.NOT_PROVIDED")):
        return default
    if isinstance(in_database := field.get("db_default"), Literal):
        return in_database
    if in_database is not None or field.is_true("null"):
        return None
    if field.is_true("auto_now") or field.is_true("auto_now_add"):
        return Literal("the present moment")
    return Literal("") if field.is_true("blank") and field.kind in TEXT else None


def partly_unique(field: Field, default: Value, later: Model) -> tuple[str, ...]:
    """The field, if a constraint makes it unique for some rows and its default can give each row its own value."""
    sets = unique_sets(later, also_partial=True) if is_computed(default) else []
    return (field.name,) if (field.name,) in sets else ()


def alike_in_two_rows(field: Field, first: Model, later: Model) -> tuple[str, ...]:
    """The fields that would be the same in two rows; empty if the other fields were already unique before the file."""
    if field.is_unique:
        return (field.name,)
    known = [set(names) for names in unique_sets(first) if field.name not in names] + [{"id"}, {"pk"}]
    for names in sorted(unique_sets(later), key=len):
        if field.name in names and not any(each <= set(names) - {field.name} for each in known):
            return names
    return ()
