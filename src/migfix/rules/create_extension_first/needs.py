"""The extensions that an operation needs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from migfix.history.fields import Field, field_of
from migfix.history.model import Model, created_model, items_of
from migfix.source.migration import Call, Literal, Migration, Operation, Sequence, Value
from migfix.source.text import text_between

_TYPES = {
    "HStoreField": "hstore",
    "CICharField": "citext",
    "CIEmailField": "citext",
    "CITextField": "citext",
    "VectorField": "vector",
    "HalfVectorField": "vector",
    "SparseVectorField": "vector",
}
_SCALARS = re.compile(
    r"(Char|Text|Slug|Email|URL|File|FilePath|Image|UUID|Boolean|Float|Decimal|Date|DateTime|Time|Duration)Field"
    r"|\w*(Integer|Auto)Field|ForeignKey|OneToOneField"
)
_TRIGRAMS = re.compile(r"\b(gin|gist)_trgm_ops\b")
_INDEXES = {"GinIndex": "btree_gin", "GistIndex": "btree_gist"}


class Need(NamedTuple):
    """An extension that something needs."""

    extension: str
    what: str
    """What needs it, as the start of a sentence: ``the operator class gin_trgm_ops is part of``."""


def needs(migration: Migration, op: Operation, model: Model | None) -> Iterator[Need]:
    """The extensions that an operation needs. ``model`` is as it is before it."""
    if op.kind == "CreateModel":
        model = created_model(migration, op)
        for each in model.fields.values():
            yield from _of_type(each)
        for value in (*items_of(model.options.get("indexes")), *items_of(model.options.get("constraints"))):
            yield from _of_index(value, model)
    elif op.kind in ("AddField", "AlterField"):
        yield from _of_type(field_of(op))
    elif model and op.kind.startswith(("AddIndex", "AddConstraint")):
        yield from _of_index(op.arguments.get("index") or op.arguments.get("constraint"), model)
    found = _TRIGRAMS.search(text_between(migration.source, op.value.span))
    if found and op.kind != "" and not op.kind.startswith("Remove"):
        yield Need("pg_trgm", f"the operator class {found[0]} is part of")


def _of_type(field: Field) -> Iterator[Need]:
    for func in _classes(field.value):
        package, _, name = func.rpartition(".")
        if name in _TYPES and package.startswith(("django.contrib.postgres", "pgvector.")):
            yield Need(_TYPES[name], f"the type of {name} is part of")


def _classes(value: Value) -> Iterator[str]:
    """The class of a field, and that of an array's items."""
    if isinstance(value, Call):
        yield value.func
        inner = value.keyword("base_field")
        if inner is not None:
            yield from _classes(inner)


def _of_index(value: Value | None, model: Model) -> Iterator[Need]:
    if not isinstance(value, Call) or not value.func.startswith("django.contrib.postgres."):
        return
    kind = value.func.rpartition(".")[2]
    if kind == "BloomIndex":
        yield Need("bloom", "a BloomIndex needs")
    if kind in _INDEXES and value.keyword("opclasses") is None:
        for item in items_of(value.keyword("fields")):
            yield from _of_column(item, _INDEXES[kind], f"a {kind}", model)
    if kind == "ExclusionConstraint" and value.keyword("index_type") in (None, Literal("GIST"), Literal("gist")):
        for pair in items_of(value.keyword("expressions")):
            if isinstance(pair, Sequence) and pair.items:
                yield from _of_column(pair.items[0], "btree_gist", "an ExclusionConstraint", model)


def _of_column(value: Value, extension: str, what: str, model: Model) -> Iterator[Need]:
    if isinstance(value, Call) and value.func == "django.db.models.F":
        value = value.argument("name", 0) or value
    name = value.value.lstrip("-") if isinstance(value, Literal) and isinstance(value.value, str) else ""
    field = model.fields.get(name)
    if field and _SCALARS.fullmatch(field.kind):
        yield Need(extension, f"{what} on the {field.kind} {name} needs")
