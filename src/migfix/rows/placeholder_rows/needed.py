"""Foreign keys whose default's row isn't there, and the functions that will make those rows."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from migfix.history import History
from migfix.history.defaults import constant_default, makes_rows
from migfix.history.fields import Field, field_of, strings_in, together
from migfix.history.model import Model, items_of
from migfix.history.state import State
from migfix.rows.functions.seed import Child
from migfix.rows.placeholder_rows.columns import is_left_out
from migfix.rows.placeholder_rows.made_by_steps import may_be, rows_made
from migfix.rows.placeholder_rows.seed import CannotSeed, Seed
from migfix.rows.placeholder_rows.seeder import Seeder
from migfix.source.migration import Call, Key, Literal, Migration, Name, Operation, Value


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
    is_unique: bool
    """Whether no two rows of the child may have the same key."""
    ready: int
    """Where the tables of the target and of what it needs have got their last required column; 0 if before."""
    earlier: int = 0
    """How many other rows of the target are made before."""

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
            ready = when_whole(migration, index, need.target.key, later, history)
            now = history.state_before(migration, max(index, ready))
            is_unique = need.is_unique or _is_unique_alone(later.models.get(need.child.model.key), need.field.name)
            need = replace(
                need, earlier=len(made), ready=ready, target=now.models[need.target.key], is_unique=is_unique
            )
            found.append((need, Seeder(history, now, later)))
    return found


def _concrete(model: Model, state: State, history: History) -> Model:
    """The model that has the table: a proxy has its parent's."""
    while model.options.get("proxy") == Literal(True):
        parent = next((state.models[key] for key in model.parents(history.facts) if key in state.models), None)
        if parent is None:
            break
        model = parent
    return model


def _is_unique_alone(model: Model | None, field: str) -> bool:
    """Whether the table has a unique constraint on this one field."""
    if model is None:
        return False
    constraints = [each for each in items_of(model.options.get("constraints")) if isinstance(each, Call)]
    alone = [each.keyword("fields") for each in constraints if each.func == "django.db.models.UniqueConstraint"]
    return (field,) in together(model.options.get("unique_together")) or frozenset({(field,)}) in map(together, alone)


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
            field = field_of(op)
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
    if concrete.options.get("managed") == Literal(False) or made_by is None or not history.is_new(made_by):
        return None
    is_one_off = op.arguments.get("preserve_default") == Literal(False)
    null_field = field.name if fills_nulls else None
    return Need(migration, index, op, field, Child(child, null_field), target, value, is_one_off, field.is_unique, 0)


@dataclass(frozen=True)
class Seeding:
    """Rows of one target that one function makes, before the operations that need them."""

    needs: tuple[Need, ...]
    seeds: tuple[Seed, ...]
    seeder: Seeder

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


def seedings(needs: list[tuple[Need, Seeder]], made: int) -> Iterator[Seeding]:
    """Needs of one migration as few functions: one a target, unless rows depend on different tables.

    ``made``: how many rows of the target other migrations are about to make; no two may look alike. Raises CannotSeed.
    """
    rows: dict[tuple[object, ...], list[tuple[Need, Seeder]]] = {}
    for need, seeder in needs:
        rows.setdefault((need.target.key, repr(need.target.fields), need.by, need.value), []).append((need, seeder))
    functions: dict[tuple[object, ...], tuple[list[Need], list[Seed]]] = {}
    seeder = needs[0][1]
    for number, same in enumerate(rows.values(), 1 + made + max(need.earlier for need, _ in needs)):
        need, seeder = same[0]
        if isinstance(need.value, Name) and makes_rows(need.value, need.migration.path, seeder.history):
            raise CannotSeed(
                f"its default {need.value.dotted}() makes the row with {need.target.label} as models.py has it today, "
                "with columns that a database may not have yet.",
                "Make the row in a RunPython that gets the model from apps, and write its key as the default.",
            )
        seed = seeder.seed(need.target.key, need.by, need.value, number)
        is_one_off = all(each.is_one_off for each, _ in same)
        tables = tuple(sorted({each.child.model.label for each, _ in same})) if is_one_off else ()
        chosen, seeds = functions.setdefault((need.target.key, repr(need.target.fields), tables), ([], []))
        chosen.extend(each for each, _ in same)
        seeds.append(seed)
    _must_differ([seed for _, seeds in functions.values() for seed in seeds])
    for chosen, seeds in functions.values():
        yield _demand_whole(Seeding(tuple(chosen), tuple(seeds), seeder))


def _demand_whole(seeding: Seeding) -> Seeding:
    """Raises CannotSeed where a row that is made points at one that can't be looked for, or is in the way later."""
    rows = [row for seed in seeding.seeds for row in seed.walk()]
    for guard in (guard for row in rows for guard in row.guards if not seeding.is_one_off):
        if guard.model is None:
            raise CannotSeed(
                f"a new database has no {guard.label} {guard.key}, which the row of the default would point at.",
                "Make the row in a RunPython of your own, or make the key nullable.",
            )
    migration, seeder = seeding.needs[0].migration, seeding.seeder
    for row in rows:
        if found := _required_later(row.model, migration, seeder.history):
            raise CannotSeed(
                f"a row of {row.model.label} would be there when {found[0]} adds its required {found[1]}.",
                "Make the rows in a RunPython of your own once both tables are whole, or make a key nullable.",
            )
    return seeding


def _required_later(model: Model, migration: Migration, history: History) -> tuple[str, str] | None:
    """The file after ``migration`` that adds a column to the table which rows have no value for, and the column."""
    earlier = {each.key for each in history.before(migration)} | {migration.key}
    for each in history.app(model.app).values():
        for op in each.operations if each.key not in earlier and not each.replaces else ():
            if op.kind == "AddField" and op.model == model.key[1] and not is_left_out(field_of(op), False):
                return ".".join(each.key), op.text("name")
    return None


def _must_differ(seeds: list[Seed]) -> None:
    """Raise CannotSeed if two rows of a target would break a unique constraint of it."""
    for unique in unique_sets(seeds[0].model) if len(seeds) > 1 else ():
        given = [tuple(_given(seed, name) for name in unique) for seed in seeds]
        if len(set(given)) < len(given) and None not in given[0]:
            raise CannotSeed(
                f"the rows that the defaults mean would have the same {', '.join(unique)}, which must be unique.",
                "Make the rows in a RunPython of your own.",
            )


def _given(seed: Seed, name: str) -> str | None:
    values = dict(seed.values)
    return values.get(name, values.get(f"{name}_id"))


def unique_sets(model: Model, also_partial: bool = False) -> list[tuple[str, ...]]:
    """The sets of fields that no two rows may share; also those of some rows only, and of expressions, if asked."""
    alone = [each.name for each in model.fields.values() if each.is_unique and not each.is_true("primary_key")]
    found: list[tuple[str, ...]] = [(name,) for name in alone]
    found += together(model.options.get("unique_together"))
    for each in items_of(model.options.get("constraints")):
        if not isinstance(each, Call) or each.func != "django.db.models.UniqueConstraint":
            continue
        if not each.keyword("condition") or also_partial:
            found += together(each.keyword("fields"))
        if each.keyword("fields") is None and also_partial:
            found.append(tuple(sorted(strings_in(each))))
    return found
