"""Fields that move to a new model with a key to the old one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.changes.tables import may_have_rows
from migfix.history import History
from migfix.history.fields import Field
from migfix.history.model import Model, created_model
from migfix.rows.link_tables import is_required
from migfix.rows.placeholder_rows.values import AUTO
from migfix.source.migration import Key, Migration, Operation
from migfix.source.writer import CannotWrite


@dataclass(frozen=True)
class MovedFields:
    """RemoveFields of ``old``, and a CreateModel of ``new`` with the same fields and a key ``link``."""

    migration: Migration
    created: int
    old: Model
    new: Model
    link: str
    removed: tuple[tuple[int, Operation, Field], ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(field.name for _, _, field in self.removed)


def moved_fields(migration: Migration, history: History) -> Iterator[MovedFields]:
    """Every such move of a migration, from tables that may have rows."""
    created: list[tuple[int, Model]] = []
    removed: dict[tuple[str, str], list[tuple[int, Operation, Field]]] = {}
    owners: dict[tuple[str, str], Model] = {}
    for index, op, state in history.states(migration):
        if op.kind == "CreateModel":
            created.append((index, created_model(migration, op)))
        model = state.models.get((migration.app, op.model)) if op.kind == "RemoveField" else None
        field = model.fields.get(op.text("name")) if model else None
        if model and field and may_have_rows(model, migration):
            owners.setdefault(model.key, model)
            removed.setdefault(model.key, []).append((index, op, field))
    for index, new in created:
        links = [field for field in new.fields.values() if field.is_key and not field.is_parent_link]
        targets: dict[Key | None, Field] = {}
        for link in sorted(links, key=lambda field: field.is_unique):  # a one-to-one field says which row it is
            targets[link.target(*new.key, history.facts)] = link
        for key, link in targets.items():
            gone = removed.get(key, ()) if key else ()
            same = [each for each in gone if (there := new.fields.get(each[2].name)) and each[2].has_same_type(there)]
            if key and same:
                yield MovedFields(migration, index, owners[key], new, link.name, tuple(same))


def demand_movable(each: MovedFields, others: tuple[MovedFields, ...]) -> None:
    """Raises CannotWrite if the rows of the new model can't be made of the old ones alone."""
    new, key = each.new, each.new.primary_key
    if not new.fields[each.link].is_unique:
        raise CannotWrite(f"one {each.old.name} may have several rows of {new.label}")
    if any(other is not each and {*other.names} & {*each.names} for other in others):
        raise CannotWrite("another new model has the same fields")
    if new.bases or key is None or (key.kind not in AUTO and key.name != each.link):
        raise CannotWrite(f"{new.label} has a key or a base that migfix can't fill")
    for field in new.fields.values():
        if field.name in each.names and field.kind == "ManyToManyField":
            raise CannotWrite(f"{field.name} has links, which migfix doesn't copy")
        if field.name in each.names and (field.is_true("auto_now") or field.is_true("auto_now_add")):
            raise CannotWrite(f"Django sets {field.name} to the time of the copy")
        if field.name in each.names or field in (key, new.fields[each.link]):
            continue
        if is_required(field) or field.is_unique:
            raise CannotWrite(f"{new.label}.{field.name} needs values that migfix doesn't know")
