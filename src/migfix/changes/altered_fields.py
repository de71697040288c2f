"""Fields that a migration alters on tables that may have rows: old and new."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.changes.tables import may_have_rows
from migfix.history import History
from migfix.history.fields import Field, field_of
from migfix.history.model import Model
from migfix.history.state import State
from migfix.source.migration import Call, Key, Literal, Migration, Operation


@dataclass(frozen=True, eq=False, repr=False)
class AlteredField:
    """An AlterField of a column that may have values."""

    migration: Migration
    index: int
    op: Operation
    model: Model
    """The model before the operation."""
    old: Field
    new: Field
    targets: tuple[Key | None, Key | None] = (None, None)
    """The models whose rows the relation points at before and after. A proxy counts as the model that it stands for."""
    to_fields: tuple[str, str] = ("pk", "pk")
    """The fields of these models whose values the relation has; "pk" for the primary key."""

    @property
    def label(self) -> str:
        return f"{self.model.label}.{self.new.name}"

    @property
    def has_same_type(self) -> bool:
        """Whether the column keeps its class and its size."""
        return self.old.has_same_type(self.new)

    @property
    def changed(self) -> set[str]:
        """The options that differ. The first positional argument is ``verbose_name``, or ``to`` of a relation."""
        arguments = [
            one for field in (self.old, self.new) if isinstance(field.value, Call) for one in field.value.arguments
        ]
        names = {one.keyword for one in arguments if one.keyword}
        return {name for name in names if self.old.get(name) != self.new.get(name)}

    def points_at_parent(self, history: History) -> bool:
        """Whether the new target is a multi-table parent of the old one, whose rows have the same keys."""
        old, new = self.targets
        model = history.state_before(self.migration, self.index).models.get(old) if old else None
        return model is not None and new in model.parents(history.facts)

    def earlier_names(self) -> Iterator[tuple[Key, str]]:
        """The model and the name of the field as the operation names them, and before each rename of this file."""
        (app, model), name = self.model.key, self.new.name
        yield (app, model), name
        for op in reversed(self.migration.operations[: self.index]):
            renamed = op.text("new_name").lower()
            if op.kind == "RenameModel" and renamed == model:
                model = op.text("old_name").lower()
                yield (app, model), name
            elif op.kind == "RenameField" and op.model == model and renamed == name.lower():
                name = op.text("old_name")
                yield (app, model), name

    def gains(self, option: str) -> bool:
        """Whether the operation turns a boolean option on."""
        return self.new.is_true(option) and not self.old.is_true(option)


def altered_fields(migration: Migration, history: History) -> Iterator[AlteredField]:
    """Every AlterField of a migration on a table that it doesn't create itself. Both definitions can be read."""
    for index, op, state in history.states(migration):
        if op.kind == "AlterField" and (found := altered_field(migration, index, op, state, history)):
            yield found


def altered_field(
    migration: Migration, index: int, op: Operation, state: State, history: History
) -> AlteredField | None:
    """What an AlterField alters in ``state``, the one before operation ``index``, which holds or is ``op``."""
    model = state.models.get((migration.app, op.model))
    old, new = model.fields.get(op.text("name")) if model else None, field_of(op)
    if model is None or old is None or not (old.kind and new.kind) or not may_have_rows(model, migration):
        return None
    now = history.state_before(migration, index).models[model.key]
    targets = [_concrete(field.target(*model.key, history.facts), state, history) for field in (old, new)]
    models = [state.models.get(key) if key else None for key in targets]
    to_fields = [_to_field(old, models[0]), _to_field(new, models[1])]
    return AlteredField(migration, index, op, now, old, new, (targets[0], targets[1]), (to_fields[0], to_fields[1]))


def _to_field(field: Field, target: Model | None) -> str:
    """The field of the target that a relation names; "pk" also if it names the primary key."""
    value = field.get("to_field")
    name = str(value.value) if isinstance(value, Literal) and value.value else "pk"
    key = target.primary_key if target else None
    return "pk" if name == (key.name if key else "id") else name


def _concrete(key: Key | None, state: State, history: History) -> Key | None:
    """The model that has the table of this one."""
    model = state.models.get(key) if key else None
    if model is None or model.options.get("proxy") != Literal(True):
        return key
    return next(iter(model.parents(history.facts)), key)
