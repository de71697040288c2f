"""What is known of constraints and indexes on rows that are there."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from migfix.changes.judged.judgement import Judgement, safe, unknown
from migfix.changes.type_facts import length
from migfix.history.fields import Field, strings_in
from migfix.history.model import Model
from migfix.source.migration import Call, Literal, Operation, Value


def constraint(op: Operation, model: Model, engines: Iterable[str]) -> Judgement:
    """The verdict on an AddConstraint or AlterConstraint."""
    value = op.arguments.get("constraint")
    kind = value.func.rpartition(".")[2] if isinstance(value, Call) else ""
    if op.kind == "AddConstraintNotValid":
        return safe("existing rows aren't checked")
    if op.kind == "AlterConstraint":
        return safe("it changes the state only")
    if kind == "CheckConstraint":
        return safe("all rows meet it", "MIG112")
    if isinstance(value, Call) and kind == "UniqueConstraint":
        fields = [model.fields[name] for name in sorted(strings_in(value.keyword("fields"))) if name in model.fields]
        if why := too_long_for_mysql(fields, engines):
            return unknown(why)
        positional = [each.value for each in value.arguments if each.keyword is None]
        if positional and not frozenset().union(*map(strings_in, positional)) & model.fields.keys():
            return unknown(f"rows of {model.label} may be equal in the expression of the constraint")
        return safe("no rows are equal in these fields", "MIG111")
    return unknown(f"rows of {model.label} may not meet the constraint")


def index_entry(value: Value | None, model: Model, engines: Iterable[str]) -> Judgement:
    """The verdict on an AddIndex. PostgreSQL refuses entries above 2704 bytes in a B-tree."""
    fields = value.keyword("fields") if isinstance(value, Call) else None
    if fields is None or fields == Literal(None):
        return unknown("the index is computed for each row, and the expression may fail")
    is_tree = isinstance(value, Call) and value.func in ("django.db.models.Index", _TREE)
    named = [model.fields[name.lstrip("-")] for name in sorted(strings_in(fields)) if name.lstrip("-") in model.fields]
    if is_tree and any(map(has_long_entries, named)):
        return unknown(TOO_LONG)
    if why := too_long_for_mysql(named, engines):
        return unknown(why)
    return safe("indexes don't change rows")


_TREE = "django.contrib.postgres.indexes.BTreeIndex"
TOO_LONG = "PostgreSQL can't index long text: an entry has at most 2704 bytes"


def has_long_entries(field: Field) -> bool:
    """Whether one value may be too large for an entry of an index."""
    return field.kind == "TextField"


_WITHOUT_LENGTH = ("TextField", "BinaryField")
_KEY_BYTES = 3072
"""The largest key of an InnoDB index. A character takes up to 4 bytes in utf8mb4."""


def too_long_for_mysql(fields: Collection[Field], engines: Iterable[str]) -> str:
    """Why MySQL can't index the fields together; "" if it can. MariaDB indexes a hash or a prefix of them."""
    if "mysql" in engines and (text := next((field for field in fields if field.kind in _WITHOUT_LENGTH), None)):
        return f"MySQL can't index {text.name}: the key of a {text.kind} needs a length"
    named = [field for field in fields if length(field)]
    size = sum(length(field) or 0 for field in named)
    if size * 4 <= _KEY_BYTES or "mysql" not in engines:
        return ""
    names = ", ".join(field.name for field in named)
    return f"MySQL can't index {names}: {size} characters take up to {size * 4} bytes, of {_KEY_BYTES}"


def is_indexed(field: Field) -> bool:
    return field.is_unique or field.is_true("db_index") or field.kind == "SlugField"
