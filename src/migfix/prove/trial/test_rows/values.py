"""Column values for historical models, from model-bakery: full length, moderate numbers, unique where needed."""

from __future__ import annotations

import copy
import datetime
import decimal
import json
import string
import uuid
from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import NOT_PROVIDED, Model
from django.db.utils import DatabaseError

from migfix.prove.trial.test_rows.columns import is_unique, own_fields

_NO = (TypeError, ValueError, AttributeError, LookupError, AssertionError, ValidationError, DatabaseError)
"""The exceptions that a project's own field may raise for a value that it doesn't accept."""


class NoRow(Exception):
    """No row can be created, with the reason."""


class ColumnValues:
    """Creates values for one database."""

    def __init__(self, connection: BaseDatabaseWrapper, becoming: Mapping[tuple[str, str], Any]) -> None:
        from model_bakery.baker import Baker

        Baker.seed("migfix")  # the same values in every run
        self.connection = connection
        self.becoming = becoming
        """(model label, name) of a text column -> the field of another type that replaces it."""
        self.readable: dict[str, str] = {}
        """Text column -> the type that it changes to, which its values must be valid for."""

    def value(self, model: type[Model], field: Any, number: int) -> Any:
        """The value of a column in a row. It differs in each row if the column is unique. Raises NoRow."""
        value = self.generated(model, field, number)
        if not is_unique(field):
            return value
        if later := self.becoming.get((model._meta.label_lower, field.name)):
            return _as_text(self.distinct(later, self.generated(model, later, number), number))
        return self.distinct(field, value, number)

    def generated(self, model: type[Model], field: Any, number: int) -> Any:
        """A value for a column that isn't a relation. Raises NoRow."""
        if choices := list(_choices(field)):
            return choices[number % len(choices)]
        if later := self.becoming.get((model._meta.label_lower, field.name)):
            self.readable[f"{model._meta.db_table}.{field.column}"] = later.get_internal_type()
            return _as_text(self.generated(model, later, number))
        if isinstance(field, models.BooleanField):
            # neighbouring columns alternate at different speeds, so that all combinations of two occur
            others = [each.name for each in own_fields(model) if isinstance(each, models.BooleanField)]
            place = others.index(field.name) if field.name in others else 0
            return not (number >> place % 2) % 2
        if isinstance(field, models.FileField):
            return f"migfix/{number}.txt"[: field.max_length]
        for value in self._candidates(model, field):
            with suppress(*_NO):
                field.get_db_prep_save(value, self.connection)
                return value
        raise NoRow(f"migfix has no value for {model._meta.label}.{field.name}, a {type(field).__name__}")

    def _candidates(self, model: type[Model], field: Any) -> Iterator[Any]:
        from model_bakery.baker import Baker

        bakery: Any = Baker.create(model)
        plain = copy.copy(field)
        plain.default, plain.db_default, plain.choices = NOT_PROVIDED, NOT_PROVIDED, None
        for kind in (*type(field).__mro__, getattr(models, field.get_internal_type(), None)):
            if kind in bakery.type_mapping:
                bakery.type_mapping[type(field)] = bakery.type_mapping[kind]
                with suppress(*_NO):
                    yield _at_full_length(field, _moderate(bakery.generate_value(plain)))
                break
        if field.has_default():
            yield field.get_default()
        yield from ("x", 1, {}, [], b"x")

    def distinct(self, field: Any, value: Any, number: int) -> Any:
        """A value that differs from those of the other rows, as far as the type and the choices allow."""
        if _choices_of(field):
            return value
        if isinstance(field, models.GenericIPAddressField):
            is_six = field.protocol.lower() == "ipv6"
            return f"fd00::{number:x}" if is_six else f"10.0.{number // 256 % 256}.{number % 256}"
        match value:
            case bool():
                return bool(number % 2)
            case int() | float():
                return type(value)(number + 1)
            case decimal.Decimal():
                return decimal.Decimal((number + 1) % 10**field.max_digits).scaleb(-field.decimal_places)
            case str():
                length = field.max_length or len(value) + len(_mark(number))
                mark = _mark(number)[-length:]
                return value[: length - len(mark)] + mark
            case datetime.datetime() | datetime.date():
                return value - datetime.timedelta(days=number)
            case datetime.timedelta():
                return datetime.timedelta(seconds=number)
            case datetime.time():
                return datetime.time(number % 24, number // 24 % 60)
            case uuid.UUID():
                return uuid.uuid5(uuid.NAMESPACE_URL, f"migfix:{field.name}:{number}")
            case bytes():
                return value + bytes([number % 256])
            case list():
                return [number]
        return _apart(value, number) if getattr(value, "lower", None) is not None else value


def _apart(value: Any, number: int) -> Any:
    """A range that doesn't overlap with those of the other rows."""
    lower = value.lower
    if isinstance(lower, datetime.date):
        lower = lower.replace(year=2000, month=1, day=1) + datetime.timedelta(days=2 * number)
        return type(value)(lower, lower + datetime.timedelta(days=1))
    return type(value)(type(lower)(10 * number), type(lower)(10 * number + 5))


def _mark(number: int) -> str:
    """A number in base 36, because some keys only have room for two characters."""
    digits = string.digits + string.ascii_lowercase
    return digits[number] if number < 36 else _mark(number // 36) + digits[number % 36]


def _moderate(value: Any) -> Any:
    """Numbers small enough for arithmetic: a data function that doubles a price must not fail."""
    match value:
        case bool():
            return value
        case int():
            return abs(value) % 1000
        case float():
            return round(abs(value) % 1000, 2)
        case decimal.Decimal():
            return value % 1000
        case datetime.timedelta():
            return abs(value)
    return value


def _as_text(value: Any) -> str:
    """A value as text that every engine can convert back."""
    match value:
        case bool():
            return str(int(value))
        case dict() | list():
            return json.dumps(value)
    return str(value)


def _at_full_length(field: Any, value: Any) -> Any:
    """Email addresses and URLs padded to the length of their column. Other text already has its full length."""
    if isinstance(field, models.EmailField) and isinstance(value, str) and field.max_length:
        return value.rjust(field.max_length, "a")
    if isinstance(field, models.URLField) and isinstance(value, str) and field.max_length:
        return value.ljust(field.max_length, "a")
    return value


def _choices_of(field: Any) -> list[Any]:
    return list(field.flatchoices or ()) if field.choices else []


def _choices(field: Any) -> Iterator[Any]:
    for value, _ in _choices_of(field):
        if value is not None and (value != "" or field.blank):
            yield value
