"""What a RunPython or RunSQL leaves pending in PostgreSQL's transaction, and which operations then fail.

As tried on PostgreSQL 15: Django's foreign keys are checked at the end of the transaction. Inserting a row that has
one, or changing one, queues its check on the row's table. Deleting a row, or changing its key, queues a check on its
own table if a foreign key points there. Until then ALTER TABLE, CREATE INDEX and DROP TABLE on the table fail ("cannot
ALTER TABLE … because it has pending trigger events"). Renaming works. Changing other columns, or deleting rows that
only point elsewhere, queues nothing. Altering or removing the foreign key itself checks it first (``sql_delete_fk`` in
django/db/backends/postgresql/schema.py), and a foreign key that the same transaction adds is checked at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from migfix.history.fields import Field, field_of
from migfix.history.model import Model
from migfix.history.state import State
from migfix.source.data_functions.effect import Effect
from migfix.source.data_functions.effects import effects
from migfix.source.data_functions.lookups import USER_MODEL, models_named
from migfix.source.data_functions.sql import statements
from migfix.source.migration import Call, Key, Literal, Migration, Name, Operation
from migfix.source.names import is_noop

POINTED_AT = "*"
"""Means the foreign keys of other models, if a row that they may point at was deleted."""
NONE = ""
"""Means no foreign key: the operation alters the table and checks nothing first."""


@dataclass(frozen=True)
class Pending:
    """A pending check on the table of ``model``: of its foreign key ``field``, or of those that point at it."""

    model: Key
    field: str


def left_pending(migration: Migration, op: Operation, state: State, argument: str, fresh: set[Key]) -> set[Pending]:
    """The checks that the code or SQL in ``argument`` leaves pending. ``fresh``: the tables of this transaction."""
    found: set[Pending] = set()
    for each in _effects(migration, op, argument, state):
        for model in _lineage(each.model, state):
            found |= set(_pending(each, model, state, fresh))
    return found


def _effects(migration: Migration, op: Operation, argument: str, state: State) -> list[Effect]:
    code = op.arguments.get(argument)
    if op.kind == "RunPython" and isinstance(code, Name) and not is_noop(code):
        found = [each for each in effects(migration, code.dotted) if each.model]
        if len(found) < len(effects(migration, code.dotted)):
            found += [Effect("unknown", key) for key in models_named(migration, code)]
        return found
    return list(_sql_effects(statements(code) or (), state)) if op.kind == "RunSQL" else []


_TABLE = r"(?:only\s+)?[\"`]?(?:\w+[\"`]?\.[\"`]?)?(\w+)"
_CHANGE = re.compile(rf"\b(insert\s+into|update|delete\s+from)\s+{_TABLE}", re.IGNORECASE)


def _sql_effects(texts: Iterable[str], state: State) -> Iterator[Effect]:
    tables = {model.table.lower(): model.key for model in state.models.values()}
    for text in texts:
        for verb, table in _CHANGE.findall(text):
            key = tables.get(table.lower())
            if key is None:
                continue
            match verb.split()[0].lower():
                case "insert":
                    yield Effect("create", key)
                case "delete":
                    yield Effect("delete", key)
                case _:
                    yield from (Effect("set", key, name) for name in re.findall(r"\b(\w+)\b[\"`]?\s*=", text))


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


# --- the operations that a pending check stops ----------------------------------------------------

_ALTERING = frozenset(
    [
        *("AddField", "RemoveField", "AlterField", "AddIndex", "RemoveIndex", "AddConstraint", "RemoveConstraint"),
        *("AlterUniqueTogether", "AlterIndexTogether", "AlterOrderWithRespectTo", "ValidateConstraint"),
    ]
)
_NOT_IN_THE_DATABASE = frozenset(
    # django/db/models/fields/__init__.py, Field.non_db_attrs
    [
        *("blank", "choices", "db_column", "editable", "error_messages", "help_text", "limit_choices_to"),
        *("on_delete", "related_name", "related_query_name", "validators", "verbose_name"),
    ]
)


def altered(migration: Migration, op: Operation, state: State, is_backward: bool) -> set[Pending]:
    """The tables that an operation alters, each with the foreign key that it checks first, or NONE."""
    found: set[Pending] = set()
    for each in (op, *op.database_operations):
        key = (migration.app, each.model)
        if each.kind == ("CreateModel" if is_backward else "DeleteModel"):
            found.add(Pending(key, NONE))
        elif each.kind in _ALTERING and _changes_the_table(each, state.models.get(key)):
            is_key = each.kind in ("AlterField", "RemoveField") and _is_key(each, state.models.get(key))
            found.add(Pending(key, each.text("name") if is_key and not is_backward else NONE))
        elif each.kind == "RunSQL":
            texts = statements(each.arguments.get("reverse_sql" if is_backward else "sql")) or ()
            found |= set(_altered_by_sql(texts, state))
    return found


def _is_key(op: Operation, model: Model | None) -> bool:
    field = model.fields.get(op.text("name")) if model else None
    return field is not None and field.is_key


def _changes_the_table(op: Operation, model: Model | None) -> bool:
    if op.kind not in ("AddField", "RemoveField", "AlterField") or model is None:
        return True
    old, new = model.fields.get(op.text("name")), field_of(op)
    if "ManyToManyField" in (old.kind if old else "", new.kind):
        return False
    if op.kind != "AlterField" or old is None or old.is_key or new.is_key:
        return True
    return _definition(old) != _definition(new)


def _definition(field: Field) -> object:
    if not isinstance(field.value, Call):
        return field.value
    ignored = _NOT_IN_THE_DATABASE | {"default"}
    return field.value.func, {arg.keyword: arg.value for arg in field.value.arguments if arg.keyword not in ignored}


_ALTER = re.compile(
    r"\b(?:alter\s+table|drop\s+table|create\s+(?:unique\s+)?index\b.*?\bon)\s+(?:if\s+exists\s+)?(?:only\s+)?"
    r"[\"`]?(?:\w+[\"`]?\.[\"`]?)?(\w+)[\"`]?(?!\W*rename\b)",
    re.IGNORECASE | re.DOTALL,
)


def _altered_by_sql(texts: Iterable[str], state: State) -> Iterator[Pending]:
    tables = {model.table.lower(): model.key for model in state.models.values()}
    for text in texts:
        for table in _ALTER.findall(text):
            if table.lower() in tables:
                yield Pending(tables[table.lower()], NONE)


def is_indexed_at_the_end(op: Operation) -> bool:
    """Whether an AddField creates an index, which Django does at the end of the transaction (``deferred_sql``)."""
    if op.kind != "AddField":
        return False
    field = field_of(op)
    has_pattern_index = field.is_unique and field.kind in ("CharField", "TextField", "EmailField", "URLField")
    is_indexed = field.is_true("db_index") or field.is_key or field.kind == "SlugField"
    return has_pattern_index or (is_indexed and field.get("db_index") != Literal(False))
