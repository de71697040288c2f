"""Foreign keys whose default points at a row that doesn't exist, and where that row can be created."""

from __future__ import annotations

from dataclasses import dataclass, replace

from migfix.history import History
from migfix.history.fields import Field, field_of
from migfix.history.model import Model
from migfix.history.state import State
from migfix.history.uniqueness import is_unique_alone
from migfix.project.facts import LAST_KEY
from migfix.rows.placeholder_rows.columns import is_left_out
from migfix.rows.placeholder_rows.made_by_steps import may_be, rows_made
from migfix.rows.placeholder_rows.seeder import Seeder
from migfix.rules.seed_default_row.defaults import constant_default
from migfix.rules.seed_default_row.function import Child
from migfix.source.migration import Key, Literal, Migration, Name, Operation, Value


@dataclass(frozen=True)
class Need:
    """A foreign key that gives existing rows of ``child`` a default that is a key of ``target``."""

    migration: Migration
    index: int
    op: Operation
    field: Field
    child: Child
    target: Model
    value: Value
    is_one_off: bool
    is_unique: bool
    """Whether no two rows of the child may have the same key."""
    ready: int
    """From which index on the target's table and those it needs have all required columns; 0 if ``index`` is enough."""
    earlier: int = 0
    """How many other rows of the target are created before."""

    @property
    def by(self) -> str | None:
        """The ``to_field``, or None for the primary key."""
        value = self.field.get("to_field")
        return str(value.value) if isinstance(value, Literal) and value.value else None

    @property
    def label(self) -> str:
        return f"{self.child.model.label}.{self.field.name}"


def find_needs(migration: Migration, history: History) -> list[tuple[Need, Seeder]]:
    """Every need of a migration whose row nothing creates, with the seeder for that point."""
    found = []
    later: State | None = None
    steps = (
        (index, op, state) for index, top, state in history.states(migration) for op in (top, *top.database_operations)
    )
    for index, op, state in steps:
        need = _need(migration, index, op, state, history)
        if need and isinstance(need.value, Name):
            need = replace(need, value=constant_default(need.value, migration.path, history) or need.value)
        made = rows_made(history, migration, index, need.target) if need else []
        if need and not any(may_be(each, need.target, need.by, need.value) for each in made):
            later = later or history.state_before(migration, len(migration.operations))
            ready = when_complete(migration, index, need.target.key, later, history)
            now = history.state_before(migration, max(index, ready))
            is_unique = need.is_unique or is_unique_alone(later.models.get(need.child.model.key), need.field.name)
            need = replace(
                need, earlier=len(made), ready=ready, target=now.models[need.target.key], is_unique=is_unique
            )
            found.append((need, Seeder(history, now, later)))
    return found


def _is_missing(target: Model, value: Value, migration: Migration, history: History) -> bool:
    """Whether a database was read that has the table and not the row, and hasn't applied the migration."""
    facts = history.facts
    return isinstance(value, Literal) and any(
        isinstance(value.value, int)
        and 0 <= value.value <= LAST_KEY
        and migration.key not in facts.applied[alias]
        and value.value not in keys.get(target.table, frozenset({value.value}))
        for alias, keys in facts.first_keys.items()
    )


def _concrete(model: Model, state: State, history: History) -> Model:
    """The model that has the table. A proxy has its parent's."""
    while model.options.get("proxy") == Literal(True):
        parent = next((state.models[key] for key in model.parents(history.facts) if key in state.models), None)
        if parent is None:
            break
        model = parent
    return model


def when_complete(migration: Migration, index: int, target: Key, later: State, history: History) -> int:
    """The index from which on ``target`` and the tables it needs have all required columns; 0 if ``index`` is enough.

    makemigrations adds keys between new models late. A row created before that would have no value for them.
    """
    needed = {target}
    while True:
        more = {key for each in needed for key in required_targets(later, each, history)}
        if more <= needed:
            break
        needed |= more
    ready = 0
    for place, op in enumerate(migration.operations[index + 1 :], index + 1):
        if op.kind == "AddField" and (migration.app, op.model) in needed:
            field = field_of(op)
            ready = ready if is_left_out(field, False) else place + 1
    return ready


def required_targets(state: State, key: Key, history: History) -> set[Key]:
    """The models that a row of ``key`` must point at, or inherits from."""
    model = state.models.get(key)
    if model is None:
        return set()
    keys = [each for each in model.fields.values() if each.is_key and not is_left_out(each, False)]
    targets = {target for each in keys if (target := each.target(*key, history.facts))}
    return targets | set(model.parents(history.facts))


def _need(migration: Migration, index: int, op: Operation, state: State, history: History) -> Need | None:
    if op.kind not in ("AddField", "AlterField"):
        return None
    field = field_of(op)
    child = state.models.get((migration.app, op.model))
    target = state.models.get(field.target(migration.app, op.model, history.facts) or ("", ""))
    value = field.default
    if (
        not field.is_key
        or child is None
        or target is None
        or value is None
        or field.get("db_constraint") == Literal(False)
    ):
        return None
    old = child.fields.get(field.name)
    fills_nulls = op.kind == "AlterField" and old is not None and old.is_true("null") and not field.is_true("null")
    if child.made_by == migration.key or (op.kind == "AlterField" and not fills_nulls):
        return None
    concrete = _concrete(target, state, history)
    made_by = history.migration(concrete.made_by)
    if concrete.options.get("managed") == Literal(False) or made_by is None:
        return None
    if not history.is_new(made_by) and not _is_missing(concrete, value, migration, history):
        return None
    is_one_off = op.arguments.get("preserve_default") == Literal(False)
    null_field = field.name if fills_nulls else None
    return Need(migration, index, op, field, Child(child, null_field), target, value, is_one_off, field.is_unique, 0)
