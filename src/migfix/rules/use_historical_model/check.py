"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.rules.use_historical_model import RULE
from migfix.rules.use_historical_model.differences import Historical, Unfit, replacement
from migfix.rules.use_historical_model.edits import cleaning_edits, dependency_edits, function_edits
from migfix.rules.use_historical_model.fixtures import loading_functions
from migfix.rules.use_historical_model.outside import from_outside
from migfix.rules.use_historical_model.uses import DataFunction, Use, data_functions
from migfix.source.migration import Migration

_LOAD = (
    "Create the rows in the function, with apps.get_model(). Or load the fixture after migrating: "
    "python manage.py loaddata."
)


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Get the models from ``apps``, remove the imports, and add the dependencies."""
    for migration in migrations:
        yield from _check(migration, history)


def _check(migration: Migration, history: History) -> Iterator[Finding]:
    for line, model in from_outside(migration, history):
        why = f"a data function uses {model.label} from outside its body, as models.py has it today."
        by_hand = "Get the model from apps inside the function: def name(apps, schema_editor)."
        yield Refusal(RULE.code, migration.path, line, why, by_hand)
        return
    for name, line in loading_functions(migration):
        why = f"{name}() calls loaddata, which reads the fixture with the models as models.py has them today."
        yield Refusal(RULE.code, migration.path, line, why, _LOAD)
        return
    found = {}
    for each in data_functions(migration, history):
        models, state = {}, history.state_before(migration, each.index)
        for use in each.uses:
            got = replacement(migration, each, use, state, history)
            if isinstance(got, Unfit):
                yield _refusal(migration, each, use, got)
                return
            models[use] = got
        found[each.function.name] = (each, models)
    if not found:
        return
    texts = [edit for each, models in found.values() for edit in function_edits(migration, each, models)]
    pairs = [pair for _, models in found.values() for pair in models.items()]
    dependencies, needed = dependency_edits(migration, pairs, history)
    labels = ", ".join(sorted({use.model.label for use, _ in pairs}))
    comes = f", and adds a dependency on {', '.join(needed)}" if needed else ""
    yield Rewrite(
        RULE.code,
        migration.path,
        min(each.function.line for each, _ in found.values()),
        f"{_named(found)} {labels} as models.py has it today, with columns that a database may not have yet.",
        f"apps.get_model() returns the model as it is at this point{comes}.",
        (*texts, *cleaning_edits(migration, texts), *dependencies),
    )


def _named(found: dict[str, tuple[DataFunction, dict[Use, Historical]]]) -> str:
    names = [f"{name}()" for name in found]
    return f"{' and '.join(names)} {'uses' if len(names) == 1 else 'use'}"


def _refusal(migration: Migration, each: DataFunction, use: Use, unfit: Unfit) -> Refusal:
    line = use.place[0] if use.place else each.function.line
    why = f"{each.function.name}() uses {use.model.label} as models.py has it today{unfit.why}."
    return Refusal(RULE.code, migration.path, line, why, unfit.next_step)
