"""The rows that one function creates, and why some rows can't be created."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.history import History
from migfix.history.fields import field_of
from migfix.history.model import Model
from migfix.history.uniqueness import unique_sets
from migfix.rows.placeholder_rows.columns import is_left_out
from migfix.rows.placeholder_rows.seed import CannotSeed, Seed
from migfix.rows.placeholder_rows.seeder import Seeder
from migfix.rules.seed_default_row.defaults import makes_rows
from migfix.rules.seed_default_row.function import Child
from migfix.rules.seed_default_row.need import Need
from migfix.source.migration import Migration, Name


@dataclass(frozen=True)
class Seeding:
    """Rows of one target that one function creates before the operations that need them."""

    needs: tuple[Need, ...]
    seeds: tuple[Seed, ...]
    seeder: Seeder

    @property
    def index(self) -> int:
        """Where the function runs: before the first operation that needs it, once the rows' tables are complete."""
        return max(min(need.index for need in self.needs), max(need.ready for need in self.needs))

    @property
    def moved(self) -> list[Need]:
        """The needs whose operation comes before that point, and so must move behind it."""
        return [need for need in self.needs if need.index < self.index]

    @property
    def is_one_off(self) -> bool:
        return all(need.is_one_off for need in self.needs)

    @property
    def children(self) -> list[Child]:
        """The tables of which one must have rows for a one-off row to be created; empty for a lasting default."""
        return (
            list({(need.child.model.key, need.child.null_field): need.child for need in self.needs}.values())
            if self.is_one_off
            else []
        )


def seedings(needs: list[tuple[Need, Seeder]], made: int) -> Iterator[Seeding]:
    """The needs of one migration in as few functions as possible: one per target, unless they depend on other tables.

    ``made`` is the number of rows of the target that other migrations create: no two rows may be the same. Raises
    CannotSeed.
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
                f"its default {need.value.dotted}() creates the row with {need.target.label} as models.py has it "
                "today, with columns that a database may not have yet.",
                "Create the row in a RunPython that gets the model from apps, and write its key as the default.",
            )
        seed = seeder.seed(need.target.key, need.by, need.value, number)
        is_one_off = all(each.is_one_off for each, _ in same)
        tables = tuple(sorted({each.child.model.label for each, _ in same})) if is_one_off else ()
        chosen, seeds = functions.setdefault((need.target.key, repr(need.target.fields), tables), ([], []))
        chosen.extend(each for each, _ in same)
        seeds.append(seed)
    _must_differ([seed for _, seeds in functions.values() for seed in seeds])
    for chosen, seeds in functions.values():
        yield _demand_complete(Seeding(tuple(chosen), tuple(seeds), seeder))


def _demand_complete(seeding: Seeding) -> Seeding:
    """The seeding. Raises CannotSeed if a row points at one that can't be looked up, or blocks a later migration."""
    rows = [row for seed in seeding.seeds for row in seed.walk()]
    for guard in (guard for row in rows for guard in row.guards if not seeding.is_one_off):
        if guard.model is None:
            raise CannotSeed(
                f"a new database has no {guard.label} {guard.key}, which the default's row would point at.",
                "Create the row in your own RunPython, or make the key nullable.",
            )
    migration, seeder = seeding.needs[0].migration, seeding.seeder
    for row in rows:
        if found := _required_later(row.model, migration, seeder.history):
            raise CannotSeed(
                f"a row of {row.model.label} would already exist when {found[0]} adds its required {found[1]}.",
                "Create the rows in your own RunPython once both tables are complete, or make a key nullable.",
            )
    return seeding


def _required_later(model: Model, migration: Migration, history: History) -> tuple[str, str] | None:
    """The first later file that adds a required column to the table, and that column; None if there is none."""
    for each in history.app(model.app).values():
        is_earlier = each.key == migration.key or history.runs_before(each.key, migration)
        for op in each.operations if not is_earlier and not each.replaces else ():
            if op.kind == "AddField" and op.model == model.key[1] and not is_left_out(field_of(op), False):
                return ".".join(each.key), op.text("name")
    return None


def _must_differ(seeds: list[Seed]) -> None:
    """Raises CannotSeed if two rows would break a unique constraint of their model."""
    for unique in unique_sets(seeds[0].model) if len(seeds) > 1 else ():
        given = [tuple(_given(seed, name) for name in unique) for seed in seeds]
        if len(set(given)) < len(given) and None not in given[0]:
            raise CannotSeed(
                f"the default rows would have the same {', '.join(unique)}, which must be unique.",
                "Create the rows in your own RunPython.",
            )


def _given(seed: Seed, name: str) -> str | None:
    values = dict(seed.values)
    return values.get(name, values.get(f"{name}_id"))
