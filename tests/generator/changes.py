"""Random changes, as people make them between two releases."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from random import Random
from typing import Any

from django.db import models
from django.utils import timezone

from generator.first import link, table
from generator.models import FIELDS, KEYS, NAMES, Table, Tables, plain_field, value_of

Change = Callable[[Random, Tables], None]


def changed(random: Random, tables: Tables) -> None:
    """Make one to four changes to the models, in place."""
    for _ in range(random.randint(1, 4)):
        random.choice(CHANGES)(random, tables)


def _some(random: Random, tables: Tables) -> Table:
    return random.choice([each for each in tables.values() if not each.is_proxy])


def _free(random: Random, made: Table, names: tuple[str, ...], tables: Tables) -> str:
    """A field name that neither the model nor its parents and children have."""
    family = [each for each in tables.values() if each.label in made.bases or made.label in each.bases]
    taken = {name for each in (made, *family) for name in each.fields}
    return random.choice([name for name in names if name not in taken] or [f"more_{len(taken)}"])


def _is_link(each: models.Field[Any, Any]) -> bool:
    """Whether the field is many-to-many, or a primary key such as a parent link."""
    return bool(each.many_to_many or each.primary_key)


def _columns(made: Table) -> list[str]:
    """The names of the fields that may be changed: neither primary keys nor relations."""
    return [name for name, each in made.fields.items() if not each.primary_key and not each.is_relation]


def _put(made: Table, name: str, **arguments: Any) -> None:
    """Replace the field with one that has other arguments."""
    old = made.fields[name]
    _, _, args, kwargs = old.deconstruct()
    made.fields[name] = type(old)(*args, **{**kwargs, **arguments})


def add_field(random: Random, tables: Tables) -> None:
    made = _some(random, tables)
    more: dict[str, Any] = random.choice([{}, {"null": True}, {"unique": True}, {"null": True, "unique": True}])
    name, each = _free(random, made, FIELDS, tables), plain_field(random, **more)
    if random.random() < 0.4:
        default = value_of(each, 1)
        each.default = timezone.now if isinstance(each, models.DateTimeField) else default
    made.fields[name] = each


def add_unique_callable(random: Random, tables: Tables) -> None:
    made = _some(random, tables)
    kind: models.Field[Any, Any] = models.UUIDField(default=uuid.uuid4, unique=True)
    made.fields[_free(random, made, FIELDS, tables)] = kind


def add_model(random: Random, tables: Tables) -> None:
    app = _some(random, tables).app
    taken = {each.name for each in tables.values() if each.app == app}
    names = [name for name in NAMES if name not in taken]
    made = table(random, app, random.choice(names), list(tables.values()))
    if made.is_proxy and random.random() < 0.5:
        return
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
    made.fields[_free(random, made, KEYS, tables)] = kind(target.label, models.CASCADE, related_name="+", **more)


def remove_field(random: Random, tables: Tables) -> None:
    made = _some(random, tables)
    names = [name for name, each in made.fields.items() if not each.primary_key and name != "username"]
    if names:
        name = random.choice(names)
        del made.fields[name]
        _forget(made)


def _forget(made: Table) -> None:
    """Remove the options that name fields."""
    for name in ("unique_together", "constraints", "indexes"):
        made.options.pop(name, None)


def forbid_null(random: Random, tables: Tables) -> None:
    made = _some(random, tables)
    names = [name for name, each in made.fields.items() if each.null and not _is_link(each)]
    if names:
        _put(made, random.choice(names), null=False)


def allow_null(random: Random, tables: Tables) -> None:
    made = _some(random, tables)
    if names := _columns(made):
        _put(made, random.choice(names), null=True)


def copy_field(random: Random, tables: Tables) -> None:
    """Give a column another name, by removing the field and adding it again."""
    made = _some(random, tables)
    if names := _columns(made):
        name = random.choice(names)
        made.fields[_free(random, made, FIELDS, tables)] = made.fields.pop(name).clone()
        _forget(made)


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
    """The lowercase labels of models that relations refer to or that other models inherit from."""
    relations = [each.remote_field for made in tables.values() for each in made.fields.values() if each.is_relation]
    found = {str(each.model).lower() for each in relations if each}
    found |= {str(getattr(each, "through", "")).lower() for each in relations}
    return found | {label.lower() for made in tables.values() for label in made.bases}


def delete_model(random: Random, tables: Tables) -> None:
    free = [label for label in tables if label.lower() not in _used(tables) and not tables[label].is_user]
    if free and len(tables) > 1:
        del tables[random.choice(free)]


def rename_model(random: Random, tables: Tables) -> None:
    free = [each for label, each in tables.items() if label.lower() not in _used(tables) and not each.is_user]
    if free:
        made = random.choice(free)
        del tables[made.label]
        made.name = f"{made.name}Entry"
        _forget(made)
        tables[made.label] = made


def widen_link(random: Random, tables: Tables) -> None:
    """Replace a many-to-many field with a random one, so it may get a through model or lose it."""
    links = [(made, name) for made in tables.values() for name, each in made.fields.items() if each.many_to_many]
    if links:
        made, name = random.choice(links)
        del made.fields[name]
        link(random, tables)


def swap_key(random: Random, tables: Tables) -> None:
    """Make a unique column the primary key."""
    made = _some(random, tables)
    names = [name for name in _columns(made) if made.fields[name].unique and not made.fields[name].null]
    if names and made.label.lower() not in _used(tables) and "id" in made.fields and not made.manager:
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
    rename_model,
    link,
    widen_link,
    swap_key,
)
