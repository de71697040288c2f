"""Random models for the first release."""

from __future__ import annotations

import uuid
from random import Random
from typing import Any

from django.db import models

from generator.models import APPS, FIELDS, KEYS, NAMES, Table, Tables, plain_field, value_of


def first_tables(random: Random, user: str) -> Tables:
    """One to five models in one to three apps, and the project's own user model if ``user`` is a label."""
    found: Tables = {}
    if user:
        found[user] = _user(user)
    apps = APPS[: random.randint(1, 3)]
    for name in random.sample(NAMES, random.randint(1, 5)):
        made = table(random, random.choice(apps), name, list(found.values()))
        found[made.label] = made
    if random.random() < 0.3:
        link(random, found)
    return found


def _user(label: str) -> Table:
    app, name = label.split(".")
    made = Table(app, name, options={"swappable": "AUTH_USER_MODEL"})
    made.fields["id"] = models.BigAutoField(primary_key=True)
    made.fields["username"] = models.CharField(max_length=40, unique=True)
    return made


def table(random: Random, app: str, name: str, others: list[Table]) -> Table:
    """A model with one to four fields. It may have a key to another model, or inherit from one."""
    made = Table(app, name)
    parents = [each for each in others if each.app == app and not each.bases and not each.is_user]
    if parents and random.random() < 0.2:
        _inherit(random, made, random.choice(parents))
        if made.is_proxy:
            return made
    else:
        _add_key(random, made)
    taken = {*made.fields, *(name for each in parents if each.label in made.bases for name in each.fields)}
    for column in random.sample(FIELDS, random.randint(1, 4)):
        if column not in taken:
            made.fields[column] = plain_field(random, **random.choice([{}, {}, {"null": True}, {"unique": True}]))
    key = random.choice(KEYS)
    if others and key not in taken and random.random() < 0.5:
        more: dict[str, Any] = {"null": random.random() < 0.3, "related_name": "+"}
        made.fields[key] = models.ForeignKey(random.choice(others).label, models.CASCADE, **more)
    if random.random() < 0.1:
        made.managers = [("objects", models.Manager())]
    elif random.random() < 0.1 and not made.bases:
        made.manager = f"{name}Manager"
        made.hidden = repr(value_of(next(iter(made.fields.values())), 2)).replace("UUID(", "uuid.UUID(")
    made.methods = tuple(each for each in ("__str__", "save") if random.random() < 0.2)
    return made


def _add_key(random: Random, made: Table) -> None:
    match random.randrange(8):
        case 0:
            made.fields["id"] = models.UUIDField(primary_key=True, default=uuid.uuid4)
        case 1:
            made.fields["code"] = models.CharField(primary_key=True, max_length=20)
        case _:
            made.fields["id"] = models.BigAutoField(primary_key=True)


def _inherit(random: Random, made: Table, parent: Table) -> None:
    """Make the model a proxy, or give it its own table with a parent link as primary key."""
    made.bases = (parent.label,)
    if random.random() < 0.3:
        made.options.update(proxy=True, indexes=[], constraints=[])
        return
    more: dict[str, Any] = {"auto_created": True, "parent_link": True, "primary_key": True, "serialize": False}
    made.fields[f"{parent.name.lower()}_ptr"] = models.OneToOneField(parent.label, models.CASCADE, **more)


def link(random: Random, tables: Tables) -> None:
    """Add a many-to-many field between two models. It may have its own through model."""
    made, target = (random.choice([each for each in tables.values() if not each.is_proxy]) for _ in range(2))
    name = f"{target.name.lower()}s"
    if name in made.fields:
        return
    if made is target or random.random() < 0.5:
        made.fields[name] = models.ManyToManyField(target.label, related_name="+")
        return
    through = Table(made.app, f"{made.name}{target.name}", is_new=made.is_new)
    if through.label in tables:
        return
    through.fields["id"] = models.BigAutoField(primary_key=True)
    through.fields["source"] = models.ForeignKey(made.label, models.CASCADE, related_name="+")
    through.fields["target"] = models.ForeignKey(target.label, models.CASCADE, related_name="+")
    if random.random() < 0.5:
        through.fields["note"] = plain_field(random)
    tables[through.label] = through
    made.fields[name] = models.ManyToManyField(target.label, through=through.label, related_name="+")
