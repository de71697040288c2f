"""Check that each data function in rewritten migrations still has the models, fields and keys it needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from migfix.history import History
from migfix.history.model import Model
from migfix.rows.placeholder_rows.columns import is_left_out
from migfix.source.data_functions.data_steps import running
from migfix.source.data_functions.effect import Effect
from migfix.source.data_functions.effects import effects
from migfix.source.data_functions.lookups import models_named
from migfix.source.migration import Key, Migration, Name
from migfix.source.text import text_between


@dataclass(frozen=True)
class Step:
    """A ``RunPython`` with a function of its file, and the models that it gets, in their state at that point."""

    function: str
    code: str
    """The function and those that it calls."""
    models: Mapping[Key, Model]
    effects: tuple[Effect, ...]

    def makes(self, model: Key) -> bool:
        """Whether it creates rows of the model."""
        kinds = ("create", "ensure", "derive")
        return any(each.model == model and each.kind in kinds and not each.column for each in self.effects)


def broken_steps(before: History, after: History, migrations: tuple[Migration, ...]) -> list[str]:
    """What steps of the rewritten ``migrations`` no longer find, and what new steps don't find, one line for each."""
    files = [each for app in {each.app for each in migrations} for each in before.app(app).values()]
    changed = [each for each in files if after.migration(each.key) is not each]
    old: dict[str, list[Step]] = {}
    for each in changed:
        for step in _steps(each, before):
            old.setdefault(step.code, []).append(step)
    found: list[str] = []
    for migration in migrations:
        for step in _steps(migration, after):
            known = old.get(step.code)
            found += _lost(known.pop(0) if len(known) > 1 else known[0], step) if known else _missing(step, after)
        found += _keyless(migration, {text for each in changed for text in _texts(each)}, after)
    return list(dict.fromkeys(found))


def _steps(migration: Migration, history: History) -> Iterator[Step]:
    if not migration.functions or not any(op.kind == "RunPython" for op in migration.walk()):
        return
    for _, top, state in history.states(migration):
        for op in (top, *top.database_operations):
            for argument in ("code", "reverse_code"):
                value = op.arguments.get(argument)
                if op.kind == "RunPython" and isinstance(value, Name) and value.dotted in migration.functions:
                    functions = running(replace(migration, operations=(op,)), (argument,))
                    code = "\n".join(dict.fromkeys(function.code for function, _, _ in functions))
                    models = {key: state.models[key] for key in models_named(migration, value) if key in state.models}
                    yield Step(value.dotted, code, models, effects(migration, value.dotted))


def _lost(old: Step, new: Step) -> Iterator[str]:
    """What an existing step no longer finds: models, primary keys, and fields that its code names."""
    words = set(re.findall(r"\w+", new.code))
    for key, model in old.models.items():
        there = new.models.get(key)
        if there is None:
            yield f"{new.function}() would no longer find {model.label}"
            continue
        if model.primary_key and not there.primary_key:
            yield f"{new.function}() would run while {model.label} has no primary key"
        for name in sorted((model.fields.keys() - there.fields.keys()) & words):
            yield f"{new.function}() would no longer find {model.label}.{name}"
        if new.makes(key):
            come = [each for name, each in there.fields.items() if name not in model.fields]
            needed = sorted(each.name for each in come if not is_left_out(each, each.is_unique))
            yield from (f"{new.function}() would make rows of {model.label} without {name}" for name in needed)


def _missing(step: Step, history: History) -> Iterator[str]:
    """What a new step needs and doesn't find."""
    for model in step.models.values():
        if model.primary_key is None:
            yield f"{step.function}() would run while {model.label} has no primary key"
    for each in step.effects:
        model_there = step.models.get(each.model) if each.model else None
        options = model_there.options if model_there else {}
        is_order = each.column == "_order" and "order_with_respect_to" in options
        if model_there and each.column not in ("", "pk") and not is_order and not model_there.parents(history.facts):
            if each.column not in model_there.fields and each.column.removesuffix("_id") not in model_there.fields:
                yield f"{step.function}() would run where {model_there.label} has no {each.column}"


def _texts(migration: Migration) -> Iterator[str]:
    yield from (text_between(migration.source, op.value.span) for op in migration.operations)


def _keyless(migration: Migration, before: set[str], history: History) -> Iterator[str]:
    """New AlterFields for which SQLite would rebuild a table while its model has no primary key."""
    if not any(op.kind == "RemoveField" for op in migration.operations):
        return
    for _, op, state in history.states(migration):
        model = state.models.get((migration.app, op.model)) if op.kind == "AlterField" else None
        if model and model.primary_key is None and text_between(migration.source, op.value.span) not in before:
            yield f"a new AlterField of {model.label} would run while it has no primary key"
