"""The operations that fail while checks on the rows of their table are pending."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from migfix.history.fields import Field, field_of
from migfix.history.model import Model
from migfix.history.state import State
from migfix.rules.split_data_from_schema.pending_triggers import NONE, Pending
from migfix.rules.split_data_from_schema.step_effects import link_table
from migfix.source.data_functions.sql import statements
from migfix.source.migration import Call, Literal, Migration, Operation

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
        elif each.kind == ("AddField" if is_backward else "RemoveField") and _are_links(each, state.models.get(key)):
            found.add(Pending(link_table(key, each.text("name")), NONE))
        elif each.kind in _ALTERING and _changes_the_table(each, state.models.get(key)):
            is_key = each.kind in ("AlterField", "RemoveField") and _is_key(each, state.models.get(key))
            found.add(Pending(key, each.text("name") if is_key and not is_backward else NONE))
        elif each.kind == "RunSQL":
            texts = statements(each.arguments.get("reverse_sql" if is_backward else "sql")) or ()
            found |= set(_altered_by_sql(texts, state))
    return found


def _are_links(op: Operation, model: Model | None) -> bool:
    """Whether the field that is added or removed is a many-to-many field."""
    field = field_of(op) if op.kind == "AddField" else model.fields.get(op.text("name")) if model else None
    return field is not None and field.kind == "ManyToManyField"


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
