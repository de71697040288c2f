"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from migfix.changes.replaced_models import replaced_models
from migfix.findings.finding import Finding, Refusal
from migfix.history import History
from migfix.history.model import Model
from migfix.rows.placeholder_rows.seed import CannotSeed
from migfix.rows.placeholder_rows.seeder import Seeder
from migfix.rules.seed_default_row import RULE, pointing_at
from migfix.rules.seed_default_row.need import Need, find_needs
from migfix.rules.seed_default_row.pending_triggers import altered_after
from migfix.rules.seed_default_row.rewrite import function_name, rewrite_of
from migfix.rules.seed_default_row.seeding import Seeding, seedings
from migfix.source.formatting import free_name
from migfix.source.migration import Key, Literal, Migration
from migfix.source.writer import CannotWrite


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Create the row in a RunPython right before the operation that needs it."""
    made: Counter[Key] = Counter()
    for migration in (*migrations, *_unnamed(migrations, history)):
        yield from _check(migration, history, made)


def _unnamed(migrations: tuple[Migration, ...], history: History) -> Iterator[Migration]:
    """New files that weren't named and that mention a model which a named file creates."""
    named = {each.key for each in migrations}
    pointing = (each for migration in migrations for each in pointing_at(migration, history))
    yield from {each.key: each for each in pointing if each.key not in named}.values()


def _check(migration: Migration, history: History, made: Counter[Key]) -> Iterator[Finding]:
    """The findings of one migration. ``made`` counts the rows of each target."""
    needs = find_needs(migration, history)
    taken = set(migration.bound)
    for own in _by_target(needs):
        if _is_of_others(own[0][0].target, history):
            yield _of_others(own[0][0])
            continue
        if old := _replaced_by(own[0][0].target, migration, history):
            yield _undecided(own[0][0], old)
            continue
        try:
            for seeding in seedings(own, made[own[0][0].target.key]):
                made[own[0][0].target.key] += len(seeding.seeds)
                if pending := altered_after(seeding, migration, history):
                    yield _pending(seeding, *pending)
                    continue
                name = free_name(function_name(seeding.needs[0].target.name), taken)
                taken.add(name)
                yield rewrite_of(RULE.code, migration, seeding, name, needs[0][0].index, history)
        except CannotSeed as reason:
            need = own[0][0]
            yield Refusal(RULE.code, migration.path, need.op.line, f"{need.label}: {reason.why}", reason.next_step)
        except CannotWrite as reason:
            need = own[0][0]
            why = f"{need.label}: {reason}."
            yield Refusal(
                RULE.code, migration.path, need.op.line, why, "Create the row in your own RunPython before it."
            )


def _by_target(needs: list[tuple[Need, Seeder]]) -> list[list[tuple[Need, Seeder]]]:
    """One list for each target. Unique keys need a row for each row of the child and are handled by MIG102."""
    plain = [(need, seeder) for need, seeder in needs if not need.is_unique]
    targets = dict.fromkeys(need.target.key for need, _ in plain)
    return [[each for each in plain if each[0].target.key == target] for target in targets]


def _is_of_others(target: Model, history: History) -> bool:
    """Whether a table that is there already holds users, or rows of an installed package."""
    made_by = history.migration(target.made_by)
    is_new = made_by is not None and history.is_new(made_by)
    return not is_new and (target.key == history.facts.auth_user or history.package(target.app) is not None)


def _replaced_by(target: Model, migration: Migration, history: History) -> Model | None:
    """The model of the file that may have become ``target``. MIG109 asks about it."""
    pairs = replaced_models(migration, history)
    return next((each.old for each in pairs if each.is_alike and each.new.key == target.key), None)


def _undecided(need: Need, old: Model) -> Refusal:
    why = (
        f"{need.target.label} may be {old.label} under a new name: a row made for {need.field.name} would take the "
        "place of all its rows."
    )
    renamed = f"If it was renamed, pass --renamed {old.label}={need.target.name}."
    next_step = f"{renamed} If not, create the rows of {need.target.label} in your own RunPython before it."
    return Refusal(RULE.code, need.migration.path, need.op.line, why, next_step)


def _of_others(need: Need) -> Refusal:
    """A row that a person must create: a user, or a row of an installed package."""
    key = need.value.value if isinstance(need.value, Literal) else ""
    rows = f"existing {need.child.model.label} rows will get {need.field.name}={key}"
    why = f"{rows}, but {need.target.label} has no row {key}."
    next_step = (
        "Create that row in each database first, or use a default that is there, or let the field be null. migfix "
        "doesn't invent users, nor rows of installed packages."
    )
    return Refusal(RULE.code, need.migration.path, need.op.line, why, next_step)


def _pending(seeding: Seeding, model: str, line: int) -> Refusal:
    need = seeding.needs[0]
    return Refusal(
        RULE.code,
        need.migration.path,
        need.op.line,
        f"{need.label} needs a new row of {model}, and line {line} alters that table in the same transaction, "
        "which PostgreSQL refuses while the row's foreign keys are unchecked (pending trigger events).",
        f"Move the operations on {model} to a migration of their own, or set `engines` if no database is PostgreSQL.",
    )
