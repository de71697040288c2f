"""The models of other apps that a migration uses: in relations, as parents, and in data functions."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from migfix.history.fields import Field, field_of
from migfix.history.model import created_model
from migfix.source.data_functions.lookups import lookups
from migfix.source.data_functions.texts import SETTING
from migfix.source.migration import Key, Literal, Migration, Name, Operation, Value

_OPTIONAL = ("LookupError", "is_installed", "INSTALLED_APPS", "app_configs", "all_models")
"""What a data function that can do without a model asks for or catches."""


class Use(NamedTuple):
    """A model that is used. Its name is "" if only the app can be read; its app is SETTING if a setting names it."""

    model: Key
    line: int

    @property
    def setting(self) -> str:
        """The setting that names the model, or ""."""
        return self.model[1].upper() if self.model[0] == SETTING else ""


@cache
def uses(migration: Migration) -> tuple[Use, ...]:
    """The models of other apps that a migration uses, in the order of the file."""
    found = [use for top in migration.operations for op in (top, *top.inner) for use in _uses(migration, op)]
    return tuple(dict.fromkeys(use for use in found if use.model[0] != migration.app))


def _uses(migration: Migration, op: Operation) -> Iterator[Use]:
    if op.kind == "CreateModel":
        model = created_model(migration, op)
        values = [*(value for each in model.fields.values() for value in _targets(each)), *model.bases]
    elif op.kind in ("AddField", "AlterField"):
        values = list(_targets(field_of(op)))
    else:
        yield from _in_functions(migration, op)
        return
    yield from (Use(key, value.span[0]) for value in values if (key := _key(value)))


def _targets(each: Field) -> Iterator[Value]:
    """The values that name a field's targets, also in fields of other packages (ParentalKey, TreeForeignKey)."""
    for name in ("to", "through"):
        if (value := each.get(name)) is not None:
            yield value
    if each.is_relation and each.get("to") is None:
        yield from (arg.value for arg in getattr(each.value, "arguments", ())[:1])


def _key(value: Value) -> Key | None:
    match value:
        case Literal(value=str() as text) if text.count(".") == 1:
            app, _, model = text.partition(".")
            return app, model.lower()
        case Name(dotted=dotted) if dotted.startswith("django.conf.settings."):
            return SETTING, dotted.rpartition(".")[2].lower()
    return None


def _in_functions(migration: Migration, op: Operation) -> Iterator[Use]:
    if any(word in each.code for each in migration.functions.values() for word in _OPTIONAL):
        return
    for value in (op.arguments.get(name) for name in ("code", "reverse_code")):
        if value is not None:
            yield from (Use(*each) for each in lookups(migration, value))
