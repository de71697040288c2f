"""What is known of constraints and indexes on rows that are there."""

from __future__ import annotations

from migfix.changes.judgement import Judgement, safe, unknown
from migfix.history.fields import Field, strings_in
from migfix.history.model import Model
from migfix.source.migration import Call, Literal, Operation, Value


def constraint(op: Operation, model: Model) -> Judgement:
    """The verdict on an AddConstraint or AlterConstraint."""
    value = op.arguments.get("constraint")
    kind = value.func.rpartition(".")[2] if isinstance(value, Call) else ""
    if op.kind == "AddConstraintNotValid":
        return safe("existing rows aren't checked")
    if op.kind == "AlterConstraint":
        return safe("it changes the state only")
    if kind == "CheckConstraint":
        return safe("all rows meet it", "MIG112")
    if kind == "UniqueConstraint":
        return safe("no rows are equal in these fields", "MIG111")
    return unknown(f"rows of {model.label} may not meet the constraint")


def index_entry(value: Value | None, model: Model) -> Judgement:
    """The verdict on an AddIndex. PostgreSQL refuses entries above 2704 bytes in a B-tree."""
    fields = value.keyword("fields") if isinstance(value, Call) else None
    if fields is None or fields == Literal(None):
        return unknown("the index is computed for each row, and the expression may fail")
    is_tree = isinstance(value, Call) and value.func in ("django.db.models.Index", _TREE)
    named = (model.fields.get(name.lstrip("-")) for name in strings_in(fields))
    if is_tree and any(field is not None and has_long_entries(field) for field in named):
        return unknown(TOO_LONG)
    return safe("indexes don't change rows")


_TREE = "django.contrib.postgres.indexes.BTreeIndex"
TOO_LONG = "PostgreSQL can't index long text: an entry has at most 2704 bytes"


def has_long_entries(field: Field) -> bool:
    """Whether one value may be too large for an entry of an index."""
    return field.kind == "TextField"
