"""A new foreign key gives existing rows a default whose row isn't there: IntegrityError on every database with rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from migfix.rule import Rule

if TYPE_CHECKING:
    from migfix.findings import Finding, Refusal
    from migfix.history import History
    from migfix.model import Key, Migration, Operation
    from migfix.rows.need import Need, Seeding
    from migfix.rows.seed import Seeder

CODE = "MIG101"


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Make the row in a RunPython right before the operation that needs it."""
    made: Counter[Key] = Counter()
    for migration in (*migrations, *_unnamed(migrations, history)):
        if any(_gives_rows_a_key(op) for op in migration.walk()):
            yield from _check(migration, history, made)


def _gives_rows_a_key(op: Operation) -> bool:
    """Whether an operation could fill a foreign key with a default: most files answer with no, and cheaply."""
    if op.kind not in ("AddField", "AlterField"):
        return False
    from migfix.history.fields import field_of

    field = field_of(op)
    return field.is_key and field.default is not None


def _unnamed(migrations: tuple[Migration, ...], history: History) -> Iterator[Migration]:
    """New files that weren't named and point at a model that a named one makes."""
    named = {each.key for each in migrations}
    made = [f"{each.app}.{op.model}" for each in migrations for op in each.operations if op.kind == "CreateModel"]
    found = {each.key: each for label in made for each in history.new_mentioning(label) if each.key not in named}
    yield from found.values()


def _check(migration: Migration, history: History, made: Counter[Key]) -> Iterator[Finding]:
    """What one migration needs; ``made`` counts the rows of each target."""
    from migfix.findings import Refusal
    from migfix.formatting import free_name
    from migfix.rows.columns import CannotSeed
    from migfix.rows.need import find_needs, seedings
    from migfix.rows.pending import altered_after
    from migfix.rows.rewrite import function_name, rewrite_of

    needs = find_needs(migration, history)
    taken = set(migration.bound)
    for own in _by_target(needs):
        try:
            for seeding in seedings(own, made[own[0][0].target.key]):
                made[own[0][0].target.key] += len(seeding.seeds)
                if pending := altered_after(seeding, migration, history):
                    yield _pending(seeding, *pending)
                    continue
                name = free_name(function_name(seeding.needs[0].target.name), taken)
                taken.add(name)
                yield rewrite_of(CODE, migration, seeding, name, needs[0][0].index, history)
        except CannotSeed as reason:
            need = own[0][0]
            yield Refusal(CODE, migration.path, need.op.line, f"{need.label}: {reason.why}", reason.next_step)


def _by_target(needs: list[tuple[Need, Seeder]]) -> list[list[tuple[Need, Seeder]]]:
    """One list a target; a unique key needs a row for each row of the child, which is MIG102's business."""
    plain = [(need, seeder) for need, seeder in needs if not need.is_unique]
    targets = dict.fromkeys(need.target.key for need, _ in plain)
    return [[each for each in plain if each[0].target.key == target] for target in targets]


def _pending(seeding: Seeding, model: str, line: int) -> Refusal:
    from migfix.findings import Refusal

    need = seeding.needs[0]
    return Refusal(
        CODE,
        need.migration.path,
        need.op.line,
        f"{need.label} needs a new row of {model}, and line {line} alters that table in the same transaction, "
        "which PostgreSQL refuses while the row's foreign keys are unchecked (pending trigger events).",
        f"Move the operations on {model} to a migration of their own, or set `engines` if no database is PostgreSQL.",
    )


RULE = Rule(
    code=CODE,
    name="seed-default-row",
    why="The row that a new foreign key's default points at must be there before the key is.",
    check=check,
    order=20,
)
