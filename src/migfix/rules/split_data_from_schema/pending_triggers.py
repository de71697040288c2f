"""What a RunPython or RunSQL leaves pending in PostgreSQL's transaction, and which operations then fail.

As tried on PostgreSQL 15: Django's foreign keys are checked at the end of the transaction. Inserting a row that has
one, or changing one, queues its check on the row's table. Deleting a row, or changing its key, queues a check on its
own table if a foreign key points there. Until then ALTER TABLE, CREATE INDEX and DROP TABLE on the table fail ("cannot
ALTER TABLE … because it has pending trigger events"). Renaming works. Changing other columns, or deleting rows that
only point elsewhere, queues nothing, unless the transaction wrote the row before: then all its foreign keys are checked
(``RI_FKey_fk_upd_check_required`` in PostgreSQL's ri_triggers.c). Altering or removing the foreign key itself checks it
first (``sql_delete_fk`` in django/db/backends/postgresql/schema.py), and a foreign key that the same transaction adds
is checked at once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from migfix.history.fields import Field
from migfix.history.model import Model
from migfix.history.state import State
from migfix.rules.split_data_from_schema.step_effects import step_effects, written_table
from migfix.source.data_functions.effect import Effect
from migfix.source.data_functions.lookups import USER_MODEL
from migfix.source.migration import Key, Literal, Migration, Name, Operation

POINTED_AT = "*"
"""Means the foreign keys of other models, if a row that they may point at was deleted."""
NONE = ""
"""Means no foreign key: the operation alters the table and checks nothing first."""


@dataclass(frozen=True)
class Pending:
    """A pending check on the table of ``model``: of its foreign key ``field``, or of those that point at it."""

    model: Key
    field: str


def left_pending(
    migration: Migration, op: Operation, state: State, argument: str, fresh: set[Key], written: set[Key]
) -> set[Pending]:
    """The checks that the code or SQL in ``argument`` leaves pending.

    ``fresh`` are the tables that this transaction creates, ``written`` those whose rows it has already written.
    """
    found: set[Pending] = set()
    known = step_effects(migration, op, argument, state)
    for each in known:
        key = written_table(each, state)
        if key in written or any(_is_second(each, other) for other in known):
            each = replace(each, column="") if each.kind != "delete" else each
        if key and "." in key[1] and not {key, each.model} & fresh:
            found.add(Pending(key, POINTED_AT))
        for model in _lineage(key, state):
            found |= set(_pending(each, model, state, fresh))
    return found


def _is_second(each: Effect, other: Effect) -> bool:
    """Whether the rows that a statement changes may have been changed by another one."""
    are_updates = not {each.kind, other.kind} & {"create", "delete"}
    return are_updates and each.model == other.model and each.column != other.column and each.line > other.line


def _lineage(key: Key | None, state: State) -> list[Model]:
    """The model and the parents whose tables hold its rows; for a proxy, the model that has its table."""
    key = state.facts.auth_user if key == USER_MODEL else key
    model = state.models.get(key) if key else None
    if model is None:
        return []
    parents = [each for parent in model.parents(state.facts) for each in _lineage(parent, state)]
    return parents if model.options.get("proxy") == Literal(True) else [model, *parents]


def _pending(each: Effect, model: Model, state: State, fresh: set[Key]) -> Iterator[Pending]:
    keys = [field.name for field in model.fields.values() if _is_checked_late(field)] if model.key not in fresh else []
    column = each.column.removesuffix("_id")
    if each.kind == "delete" or each.kind == "unknown" or column in (_key_name(model), "pk"):
        for other in (model, *_deleted_too(model, state)):
            if _is_pointed_at(other, state, fresh):
                yield Pending(other.key, POINTED_AT)
    if each.kind != "delete":
        yield from (Pending(model.key, name) for name in keys if not column or name == column)


def _is_checked_late(field: Field) -> bool:
    return field.is_key and field.get("db_constraint") != Literal(False)


def _key_name(model: Model) -> str:
    return model.primary_key.name if model.primary_key else "id"


def _is_pointed_at(model: Model, state: State, fresh: set[Key]) -> bool:
    return any(
        _is_checked_late(field) and field.target(*other.key, state.facts) == model.key
        for other, field in state.models.related_to(model.key, state.facts)
        if other.key not in fresh
    )


def _deleted_too(model: Model, state: State) -> Iterator[Model]:
    """The models whose rows are deleted when rows of ``model`` are."""
    seen, waiting = {model.key}, [model]
    while waiting:
        deleted = waiting.pop()
        for other, field in state.models.related_to(deleted.key, state.facts):
            is_cascade = isinstance(on := field.get("on_delete"), Name) and on.dotted.endswith(".CASCADE")
            if is_cascade and field.target(*other.key, state.facts) == deleted.key and other.key not in seen:
                seen.add(other.key)
                waiting.append(other)
                yield other
