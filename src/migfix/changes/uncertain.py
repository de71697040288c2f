"""Operations on tables that may have rows of which migfix can't tell whether they are safe."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from migfix.changes.altered_fields import AlteredField, altered_fields
from migfix.changes.tables import may_have_rows
from migfix.changes.type_facts import problems
from migfix.history import History
from migfix.history.fields import Field, field_of
from migfix.source.migration import Migration


@dataclass(frozen=True)
class Uncertain:
    """An operation, and what migfix doesn't know about it."""

    path: str
    line: int
    why: str


def uncertain(migration: Migration, history: History, engines: Iterable[str]) -> Iterator[Uncertain]:
    """Every such operation of a migration, in order."""
    altered = {each.index: each for each in altered_fields(migration, history)}
    for index, op, state in history.states(migration):
        model = state.models.get((migration.app, op.model)) if op.model else None
        is_there = model is not None and may_have_rows(model, migration)
        why = ""
        if op.kind == "":
            why = "an operation of another class than Django's isn't read"
        elif index in altered:
            why = _altered(altered[index], history, engines)
        elif model and is_there and op.kind == "AddField" and field_of(op).is_true("primary_key"):
            why = f"{model.label} gets another primary key, {op.text('name')}"
        elif model and is_there and op.kind == "RemoveField" and _is_key(model.fields.get(op.text("name"))):
            why = f"{model.label} loses its primary key, {op.text('name')}"
        elif model and is_there and op.kind == "AlterOrderWithRespectTo" and op.text("order_with_respect_to"):
            why = f"all existing rows of {model.label} get the same place in the order"
        if why:
            yield Uncertain(migration.path, op.line, why)


def _is_key(field: Field | None) -> bool:
    return field is not None and field.is_true("primary_key")


def _altered(each: AlteredField, history: History, engines: Iterable[str]) -> str:
    """What isn't known about an AlterField; "" if nothing."""
    old, new = each.old, each.new
    if old.is_true("primary_key") != new.is_true("primary_key"):
        return f"the primary key of {each.model.label} changes"
    if "GeneratedField" in (old.kind, new.kind) and old.value != new.value:
        return f"{each.label} is a generated field, which Django can't alter"
    if old.is_relation or new.is_relation:
        targets = [field.target(*each.model.key, history.facts) for field in (old, new)]
        if targets[0] != targets[1]:
            return f"{each.label} points at another model, and keys keep their numbers"
        if old.get("to_field") != new.get("to_field"):
            return f"{each.label} points at another field, and keys keep their values"
        return ""
    if old.kind == new.kind and "." in old.kind:
        return ""
    is_same = old.kind == new.kind and all(old.get(name) == new.get(name) for name in ("max_length", "base_field"))
    if is_same or problems(old, new, engines) is not None:
        if _is_key(new) and old.kind != new.kind and not _is_number(old, new):
            return f"the primary key of {each.model.label} becomes a {new.kind}, and so do all keys that point at it"
        return ""
    return f"{each.label} changes from {old.kind} to {new.kind}, which wasn't tried"


def _is_number(*fields: Field) -> bool:
    return all("Integer" in field.kind or "AutoField" in field.kind for field in fields)
