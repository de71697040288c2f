"""Foreign keys whose default's row isn't there, and the functions that will make those rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from migfix.history import History
from migfix.history.fields import Field
from migfix.history.state import Model, State
from migfix.model import Key, Literal, Migration, Operation, Value
from migfix.rows.by_hand import makes_rows
from migfix.rows.function import Child
from migfix.rows.seed import Seed, Seeder, is_left_out


@dataclass(frozen=True)
class Need:
    """A foreign key that gives existing rows of ``child`` a default of ``target``."""

    migration: Migration
    index: int
    op: Operation
    field: Field
    child: Child
    target: Model
    value: Value
    is_one_off: bool
    ready: int
    """Where the tables of the target and of what it needs have got their last required column; 0 if before."""

    @property
    def by(self) -> str | None:
        """The ``to_field``, or None for the primary key."""
        value = self.field.get("to_field")
        return str(value.value) if isinstance(value, Literal) and value.value else None

    @property
    def label(self) -> str:
        return f"{self.child.model.label}.{self.field.name}"


def find_needs(migration: Migration, history: History) -> list[tuple[Need, Seeder]]:
    """Every need of a migration whose row nobody makes, with the seeder for that point."""
    found = []
    later: State | None = None
    for index, op, state in history.states(migration):
        need = _need(migration, index, op, state, history)
        if need and not makes_rows(history, migration, index, need.target):
            later = later or history.state_before(migration, len(migration.operations))
            ready = when_whole(migration, index, need.target.key, later, history)
            now = history.state_before(migration, max(index, ready))
            need = replace(need, ready=ready, target=now.models[need.target.key])
            found.append((need, Seeder(history, now, later)))
    return found


def when_whole(migration: Migration, index: int, target: Key, later: State, history: History) -> int:
    """The place after ``index`` where ``target`` and the tables it needs have got their last required column, or 0.

    makemigrations adds keys between new models late: a row made before that would have no value for them.
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
            field = Field(op.text("name"), op.arguments.get("field", Literal(None)))
            ready = ready if is_left_out(field, False) else place + 1
    return ready


def required_targets(state: State, key: Key, history: History) -> set[Key]:
    """The models that a row of ``key`` must point at, or is a part of."""
    model = state.models.get(key)
    if model is None:
        return set()
    keys = [each for each in model.fields.values() if each.is_key and not is_left_out(each, False)]
    targets = {target for each in keys if (target := each.target(*key, history.facts))}
    return targets | set(model.parents(history.facts))


def _need(migration: Migration, index: int, op: Operation, state: State, history: History) -> Need | None:
    if op.kind not in ("AddField", "AlterField"):
        return None
    field = Field(op.text("name"), op.arguments.get("field", Literal(None)))
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
    made_by = history.migration(target.made_by)
    if made_by is None or not (made_by.key == migration.key or history.is_new(made_by)):
        return None
    is_one_off = op.arguments.get("preserve_default") == Literal(False)
    return Need(
        migration, index, op, field, Child(child, field.name if fills_nulls else None), target, value, is_one_off, 0
    )


@dataclass(frozen=True)
class Seeding:
    """Rows of one target that one function makes, before the operations that need them."""

    needs: tuple[Need, ...]
    seeds: tuple[Seed, ...]

    @property
    def index(self) -> int:
        """Where the function runs: before the first operation that needs it, once the tables of its rows are whole."""
        return max(min(need.index for need in self.needs), max(need.ready for need in self.needs))

    @property
    def moved(self) -> list[Need]:
        """The needs whose operation stands before the tables are whole, and so must come later."""
        return [need for need in self.needs if need.index < self.index]

    @property
    def is_one_off(self) -> bool:
        return all(need.is_one_off for need in self.needs)

    @property
    def children(self) -> list[Child]:
        """The tables that must have rows for a one-off row to be made; none for a lasting default."""
        return (
            list({(need.child.model.key, need.child.null_field): need.child for need in self.needs}.values())
            if self.is_one_off
            else []
        )


def seedings(needs: list[tuple[Need, Seeder]]) -> Iterator[Seeding]:
    """Needs of one migration as few functions: one a target, unless rows depend on different tables.

    Raises CannotSeed.
    """
    rows: dict[tuple[object, ...], list[tuple[Need, Seeder]]] = {}
    for need, seeder in needs:
        rows.setdefault((need.target.key, repr(need.target.fields), need.by, need.value), []).append((need, seeder))
    functions: dict[tuple[object, ...], tuple[list[Need], list[Seed]]] = {}
    for number, same in enumerate(rows.values(), 1):
        need, seeder = same[0]
        seed = seeder.seed(need.target.key, need.by, need.value, _number(need.value, number))
        is_one_off = all(each.is_one_off for each, _ in same)
        tables = tuple(sorted({each.child.model.label for each, _ in same})) if is_one_off else ()
        chosen, seeds = functions.setdefault((need.target.key, repr(need.target.fields), tables), ([], []))
        chosen.extend(each for each, _ in same)
        seeds.append(seed)
    for chosen, seeds in functions.values():
        yield Seeding(tuple(chosen), tuple(seeds))


def _number(key: Value, number: int) -> int:
    """What tells placeholder rows apart: a small integer key itself, else their place."""
    if isinstance(key, Literal) and isinstance(key.value, int) and 0 < key.value < 1000:
        return key.value
    return number
