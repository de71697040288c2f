"""Changes at random, as people make them between two releases."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from random import Random
from typing import Any

from django.db import models
from django.utils import timezone

from generator.models import FIELDS, KEYS, NAMES, Table, Tables, plain_field, table, value_of

Change = Callable[[Random, Tables], None]


def changed(random: Random, tables: Tables) -> None:
    """One to four changes of the models, made in place."""
    for _ in range(random.randint(1, 4)):
        random.choice(CHANGES)(random, tables)


def _some(random: Random, tables: Tables) -> Table:
    return random.choice(list(tables.values()))


def _free(random: Random, made: Table, names: tuple[str, ...]) -> str:
    return random.choice([name for name in names if name not in made.fields] or [f"more_{len(made.fields)}"])


def _columns(made: Table) -> list[str]:
    """The fields that may be changed: neither key nor relation."""
    return [name for name, each in made.fields.items() if not each.primary_key and not each.is_relation]


def _put(made: Table, name: str, **arguments: Any) -> None:
    """The field with other arguments."""
    old = made.fields[name]
    _, _, args, kwargs = old.deconstruct()
    made.fields[name] = type(old)(*args, **{**kwargs, **arguments})


def add_field(random: Random, tables: Tables) -> None:
    made = _some(random, tables)
    more: dict[str, Any] = random.choice([{}, {"null": True}, {"unique": True}, {"null": True, "unique": True}])
    name, each = _free(random, made, FIELDS), plain_field(random, **more)
    if random.random() < 0.4:
        default = value_of(each, 1)
        each.default = timezone.now if isinstance(each, models.DateTimeField) else default
    made.fields[name] = each


def add_unique_callable(random: Random, tables: Tables) -> None:
    made = _some(random, tables)
    kind: models.Field[Any, Any] = models.UUIDField(default=uuid.uuid4, unique=True)
    made.fields[_free(random, made, FIELDS)] = kind


def add_model(random: Random, tables: Tables) -> None:
    app = _some(random, tables).app
    taken = {each.name for each in tables.values() if each.app == app}
    names = [name for name in NAMES if name not in taken]
    made = table(random, app, random.choice(names), list(tables.values()))
    made.is_new = True
    tables[made.label] = made


def add_key(random: Random, tables: Tables) -> None:
    made = _some(random, tables)
    new = [each for each in tables.values() if each.is_new]
    if random.random() < 0.5 or (random.random() < 0.5 and not new):
        add_model(random, tables)
        target = list(tables.values())[-1]
    else:
        target = random.choice(new) if new else _some(random, tables)
    kind = random.choice([models.ForeignKey, models.ForeignKey, models.OneToOneField])
    more: dict[str, Any] = random.choice([{}, {}, {"null": True}, {"default": 1}])
    if "default" in more and not isinstance(next(iter(target.fields.values())), models.AutoField):
        more = {}
    made.fields[_free(random, made, KEYS)] = kind(target.label, models.CASCADE, related_name="+", **more)


def remove_field(random: Random, tables: Tables) -> None:
    made = _some(random, tables)
    names = [name for name, each in made.fields.items() if not each.primary_key]
    if names:
        name = random.choice(names)
        del made.fields[name]
        made.options.pop("unique_together", None)
        made.options.pop("constraints", None)
        made.options.pop("indexes", None)


def forbid_null(random: Random, tables: Tables) -> None:
    made = _some(random, tables)
    names = [name for name, each in made.fields.items() if each.null and not each.primary_key]
    if names:
        _put(made, random.choice(names), null=False)


def allow_null(random: Random, tables: Tables) -> None:
    made = _some(random, tables)
    if names := _columns(made):
        _put(made, random.choice(names), null=True)


def copy_field(random: Random, tables: Tables) -> None:
    """A column under another name: removed and added in one."""
    made = _some(random, tables)
    if names := _columns(made):
        name = random.choice(names)
        made.fields[_free(random, made, FIELDS)] = made.fields.pop(name).clone()
        made.options.clear()


def make_unique_together(random: Random, tables: Tables) -> None:
    made = _some(random, tables)
    names = _columns(made)
    if len(names) > 1:
        made.options["unique_together"] = {tuple(sorted(random.sample(names, 2)))}


def constrain(random: Random, tables: Tables) -> None:
    made = _some(random, tables)
    names = [name for name in _columns(made) if isinstance(made.fields[name], models.IntegerField)]
    if names:
        name = random.choice(names)
        check = models.CheckConstraint(condition=models.Q(**{f"{name}__gte": 0}), name=f"{made.app}_{made.name}_{name}")
        made.options["constraints"] = [check]


def index(random: Random, tables: Tables) -> None:
    made = _some(random, tables)
    if names := [
        name for name in _columns(made) if not isinstance(made.fields[name], models.TextField | models.JSONField)
    ]:
        name = random.choice(names)
        made.options["indexes"] = [models.Index(fields=[name], name=f"{made.name}_{name}_ix".lower())]


def _used(tables: Tables) -> set[str]:
    """The models that keys point at."""
    keys = [each for made in tables.values() for each in made.fields.values() if each.is_relation]
    return {str(each.remote_field.model).lower() for each in keys if each.remote_field}


def delete_model(random: Random, tables: Tables) -> None:
    free = [label for label in tables if label.lower() not in _used(tables) and len(tables) > 1]
    if free:
        del tables[random.choice(free)]


def swap_key(random: Random, tables: Tables) -> None:
    """A unique column becomes the primary key."""
    made = _some(random, tables)
    names = [name for name in _columns(made) if made.fields[name].unique and not made.fields[name].null]
    if names and made.label.lower() not in _used(tables) and "id" in made.fields:
        del made.fields["id"]
        _put(made, random.choice(names), primary_key=True, unique=False)


CHANGES: tuple[Change, ...] = (
    *(add_field,) * 3,
    *(add_key,) * 4,
    *(remove_field,) * 3,
    *(forbid_null,) * 2,
    add_unique_callable,
    add_model,
    allow_null,
    copy_field,
    make_unique_together,
    constrain,
    index,
    delete_model,
    swap_key,
)
