"""What a RunPython or RunSQL changes, and in which tables."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from migfix.history.fields import model_key
from migfix.history.state import State
from migfix.source.data_functions.effect import Effect
from migfix.source.data_functions.effects import effects
from migfix.source.data_functions.lookups import models_named
from migfix.source.data_functions.sql import statements
from migfix.source.migration import Key, Migration, Name, Operation
from migfix.source.names import is_noop


def step_effects(migration: Migration, op: Operation, argument: str, state: State) -> list[Effect]:
    """The effects of the code or SQL in ``argument``. What can't be followed has an ``unknown`` one for each model."""
    code = op.arguments.get(argument)
    if op.kind == "RunPython" and isinstance(code, Name) and not is_noop(code):
        found = [each for each in effects(migration, code.dotted) if each.model]
        if len(found) < len(effects(migration, code.dotted)):
            found += [Effect("unknown", key) for key in models_named(migration, code)]
        return found
    return list(_sql_effects(statements(code) or (), state)) if op.kind == "RunSQL" else []


_TABLE = r"(?:only\s+)?[\"`]?(?:\w+[\"`]?\.[\"`]?)?(\w+)"
_CHANGE = re.compile(rf"\b(insert\s+into|update|delete\s+from)\s+{_TABLE}", re.IGNORECASE)


def _sql_effects(texts: Iterable[str], state: State) -> Iterator[Effect]:
    tables = {model.table.lower(): model.key for model in state.models.values()}
    for text in texts:
        for verb, table in _CHANGE.findall(text):
            key = tables.get(table.lower())
            if key is None:
                continue
            match verb.split()[0].lower():
                case "insert":
                    yield Effect("create", key)
                case "delete":
                    yield Effect("delete", key)
                case _:
                    yield from (Effect("set", key, name) for name in re.findall(r"\b(\w+)\b[\"`]?\s*=", text))


def written_table(each: Effect, state: State) -> Key | None:
    """The model whose table was changed. For links without a model of their own, what stands for their table."""
    model = state.models.get(each.model) if each.model else None
    field = model.fields.get(each.column) if model else None
    if each.model is None or field is None or field.kind != "ManyToManyField":
        return each.model
    through = model_key(field.get("through"), *each.model, state.facts)
    return through or link_table(each.model, field.name)


def link_table(model: Key, field: str) -> Key:
    """What stands for the table of a many-to-many field that Django makes: no model has a dot in its name."""
    return model[0], f"{model[1]}.{field}"
