"""Random models, as Django's own states."""

from __future__ import annotations

import datetime
import decimal
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from django.contrib.postgres import fields as postgres
from django.db import models
from django.db.migrations.state import ModelState, ProjectState

APPS = ("blog", "shop", "crm")
NAMES = ("Post", "Author", "Tag", "Order", "Contact", "Invoice", "Shelf", "Row", "Event", "Batch")
FIELDS = (
    "title",
    "text",
    "rank",
    "price",
    "code",
    "slug",
    "email",
    "starts",
    "day",
    "is_open",
    "token",
    "data",
    "note",
)
KEYS = ("owner", "parent", "category", "editor", "place")


@dataclass
class Table:
    """One model: its fields by name, in order, and its options."""

    app: str
    name: str
    fields: dict[str, models.Field[Any, Any]] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    managers: list[tuple[str, models.Manager[Any]]] = field(default_factory=list)
    bases: tuple[str, ...] = ()
    """The labels of the models it inherits from."""
    is_new: bool = False
    """Whether the second release creates it."""
    manager: str = ""
    """The name of its manager class that hides rows, if it has one."""
    hidden: str = ""
    """The manager hides the rows from this key on. Given as source code."""
    methods: tuple[str, ...] = ()
    """Methods that its class has but its history doesn't: ``__str__``, ``save``."""

    @property
    def label(self) -> str:
        return f"{self.app}.{self.name}"

    def copy(self) -> Table:
        fields = {name: each.clone() for name, each in self.fields.items()}
        options = {name: each.copy() if isinstance(each, set | list) else each for name, each in self.options.items()}
        return replace(self, fields=fields, options=options, managers=list(self.managers))

    def state(self) -> ModelState:
        fields = [(name, each.clone()) for name, each in self.fields.items()]
        bases = tuple(label.lower() for label in self.bases) or (models.Model,)
        return ModelState(self.app, self.name, fields, dict(self.options), bases, list(self.managers))

    @property
    def is_proxy(self) -> bool:
        return bool(self.options.get("proxy"))

    @property
    def is_user(self) -> bool:
        return "swappable" in self.options


Tables = dict[str, Table]
"""All models of a project, by label."""


def project_state(tables: Tables) -> ProjectState:
    state = ProjectState()
    for each in tables.values():
        state.add_model(each.state())
    return state


def copied(tables: Tables) -> Tables:
    return {label: each.copy() for label, each in tables.items()}


def plain_field(random: Random, **more: Any) -> models.Field[Any, Any]:
    """A random field that isn't a relation."""
    kinds: list[Callable[[], models.Field[Any, Any]]] = [
        lambda: models.CharField(max_length=random.choice([10, 40, 200]), **more),
        lambda: models.TextField(**more),
        lambda: models.IntegerField(**more),
        lambda: models.PositiveSmallIntegerField(**more),
        lambda: models.BooleanField(**more),
        lambda: models.DecimalField(max_digits=8, decimal_places=2, **more),
        lambda: models.DateField(**more),
        lambda: models.DateTimeField(**more),
        lambda: models.UUIDField(**more),
        lambda: models.JSONField(**more),
        lambda: models.EmailField(**more),
        lambda: models.SlugField(**more),
        lambda: models.FloatField(**more),
        lambda: models.DurationField(**more),
    ]
    return random.choice(kinds)()


def value_of(each: models.Field[Any, Any], number: int) -> Any:
    """A value for a column: a different one for each number, if the type has enough values."""
    match each:
        case models.EmailField():
            return f"a{number}@example.com"
        case models.SlugField():
            return f"slug-{number}"
        case models.CharField():
            return f"text {number}"[: each.max_length]
        case models.TextField():
            return f"text {number}"
        case models.BooleanField():
            return bool(number % 2)
        case models.DecimalField():
            return decimal.Decimal(number)
        case models.DateTimeField():
            return datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC) + datetime.timedelta(days=number)
        case models.DateField():
            return datetime.date(2020, 1, 1) + datetime.timedelta(days=number)
        case models.UUIDField():
            return uuid.UUID(int=number)
        case models.JSONField():
            return {"number": number}
        case models.DurationField():
            return datetime.timedelta(seconds=number)
        case models.FloatField():
            return float(number)
        case postgres.ArrayField():
            return [number]
    return number
