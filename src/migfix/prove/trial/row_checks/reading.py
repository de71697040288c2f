"""The rows as the models read them: values that went missing, can't be read, or point at another row."""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model
from django.db.utils import Error

from migfix.prove.trial.foreign import one_line

_UNREADABLE = (Error, ValidationError, ValueError, TypeError, ArithmeticError, AttributeError)
"""What a field raises for a value of the database that isn't one of its own."""
MOST_READ = 1000
"""Rows of each table."""

Tables = tuple[str, ...]
TableKey = tuple[str, str]
"""Name of the table and of the primary key's attribute."""


@dataclass(frozen=True)
class Reading:
    """The rows of one table, as its model reads them."""

    rows: Mapping[object, Mapping[str, object]]
    """Primary key -> attribute name -> value."""
    targets: Mapping[str, Tables]
    """Attribute name of a key to another row -> the table that it points at, and those of its parents."""
    error: str = ""
    """Why the rows can't be read."""


def read(models: Iterable[type[Model]], alias: str) -> dict[TableKey, Reading]:
    """The rows of each model."""
    found = {}
    for model in models:
        key = model._meta.pk
        if key is not None:
            found[model._meta.db_table, key.attname] = _read(model, key.attname, alias)
    return found


def _read(model: type[Model], key: str, alias: str) -> Reading:
    fields: list[Any] = list(model._meta.local_concrete_fields)
    names = [field.attname for field in fields]
    targets = {field.attname: _tables(field.related_model) for field in fields if field.is_relation}
    try:
        rows = list(model._base_manager.using(alias).order_by("pk").values(*names)[:MOST_READ])
    except _UNREADABLE as error:
        return Reading({}, targets, one_line(error))
    return Reading({row[key]: row for row in rows}, targets)


def _tables(model: type[Model]) -> Tables:
    """The tables whose rows have the keys of this model: its own and those of its parents."""
    return tuple(each._meta.db_table for each in (model._meta.concrete_model, *model._meta.get_parent_list()) if each)


def losses(
    before: Mapping[TableKey, Reading],
    after: Mapping[TableKey, Reading],
    tables: Container[str],
    written: Container[str],
) -> list[str]:
    """What the new models can't read, and what the same rows have lost.

    ``tables`` are those of the database after the migrations. In those that code of the migrations may have
    ``written``, only what can't be read is a loss.
    """
    unread = {key: each for key, each in after.items() if each.error and not (key in before and before[key].error)}
    found = [f"{table} can't be read: {each.error}" for (table, _), each in unread.items()]
    for key in before.keys() & after.keys():
        if key[0].lower() in written:
            continue
        old, new = before[key], after[key]
        for row in old.rows.keys() & new.rows.keys():
            for name, was in old.rows[row].items():
                targets = old.targets.get(name, ()), new.targets.get(name, ())
                if lost := _lost(was, new.rows[row].get(name, was), *targets, tables):
                    found.append(f"{key[0]}.{name} of row {row} {lost}")
    return sorted(found)


def _lost(was: object, now: object, old: Tables, new: Tables, tables: Container[str]) -> str:
    """What was lost of one value, which may be a key into ``old``, and is one into ``new`` now."""
    if now is None and was not in (None, ""):
        return f"was {was!r} and is NULL"
    if was is None or was != now or not _is_elsewhere(old, new):
        return ""
    return f"pointed into {old[0]}, and points into {new[0]} now" if old[0] in tables else ""


def _is_elsewhere(was: Tables, now: Tables) -> bool:
    """Whether a key points at rows of another table, which share no key with those that it pointed at."""
    return bool(was and now) and not set(was) & set(now)
