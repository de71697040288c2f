"""Synthetic rows for historical models: what a table that has been in use for a while may hold.

Values come from model-bakery. Of the rows of a table the first has every nullable column filled, the second has every
one NULL, and so on in turn. Keys start at 101, so that no migration passes because row 1 happens to be there.
"""

from __future__ import annotations

import copy
import datetime
import decimal
import json
import string
import uuid
import warnings
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.color import no_style
from django.db import connections, models, router, transaction
from django.db.models import NOT_PROVIDED, Model
from django.db.utils import DatabaseError

from migfix.prove.trial.conditions import satisfying
from migfix.prove.trial.databases import one_line

FIRST_KEY = 101
_ATTEMPTS = 12
_NUMBER_OF_INSERT = 900
"""Unique values of ordinary inserts are counted from here, those of the rows that were there from 0."""

Values = dict[str, Any]
"""Attribute name of a column -> its value."""


_NO = (TypeError, ValueError, AttributeError, LookupError, AssertionError, ValidationError, DatabaseError)
"""How a project's own field says that a value is not for it."""


class NoRow(Exception):
    """No row could be made, with the reason for a person."""


class SyntheticRows:
    """Makes rows in one database."""

    def __init__(self, alias: str, count: int, becoming: Mapping[tuple[str, str], Any]) -> None:
        from model_bakery.baker import Baker

        Baker.seed("migfix")  # the same rows in every run
        self.alias = alias
        self.count = count
        self.becoming = becoming
        """(model label, name) of a text column -> the field of another type that it will be."""
        self.readable: dict[str, str] = {}
        """Text column -> the type that its values can be read as, because it becomes one."""
        self.connection = connections[alias]
        self.keys: dict[type[Model], list[object]] = {}
        """The primary keys of each model's rows, those still to be made included."""
        self.short: dict[str, str] = {}
        """Table -> why it has fewer rows than asked for."""

    def fill(self, asked: Iterable[type[Model]]) -> None:
        """Rows in the tables of these models, and in those that their rows need."""
        wanted = list(
            dict.fromkeys(each for model in asked for each in (*_parents(model), model) if self.is_here(each))
        )
        needed = self._with_needed(wanted)
        with transaction.atomic(using=self.alias), self.connection.constraint_checks_disabled():
            for model in needed:
                there = [] if model in wanted else self._existing(model)
                first = self._first_key(model)
                new = [self._key(model, number, first) for number in range(len(there), self.count)]
                self.keys[model], needed[model] = there + new, len(there)
            filled = [model for model, there in needed.items() if there < self.count]
            for model in filled:
                self._fill_table(model, needed[model], model in wanted)
        self.connection.check_constraints(table_names=[model._meta.db_table for model in filled])
        self.reset_sequences(filled)

    def insert(self, model: type[Model]) -> None:
        """One ordinary insert, as a user's request makes it: keys and defaults are left to the database and Django.

        The row is taken back. Raises DatabaseError or NoRow.
        """
        first: NoRow | None = None
        for attempt in range(_ATTEMPTS):
            try:
                with transaction.atomic(using=self.alias):
                    self._insert_ordinary(model, 0, attempt)
                    self.connection.check_constraints(table_names=[model._meta.db_table])
                    transaction.set_rollback(True, using=self.alias)
                return
            except NoRow as error:
                first = first or error
        if first is not None:
            raise first

    def is_here(self, model: type[Model]) -> bool:
        """Whether the model has a table of its own in this database."""
        options = model._meta
        return bool(
            options.managed and not options.proxy and not options.swapped and not options.abstract
        ) and router.allow_migrate_model(self.alias, model)

    def _with_needed(self, wanted: list[type[Model]]) -> dict[type[Model], int]:
        """Every model whose rows are needed, what is pointed at before what points, with 0 rows that are there."""
        found: dict[type[Model], int] = {}
        under_way: set[type[Model]] = set()

        def visit(model: type[Model]) -> None:
            if model in found or model in under_way:
                return
            under_way.add(model)
            for field in _own_fields(model):
                target = _target(field)
                if target and (not field.null or model in wanted) and self.is_here(target):
                    for each in (*_parents(target), target):
                        visit(each)
            found[model] = 0

        for model in wanted:
            visit(model)
        return found

    def _existing(self, model: type[Model]) -> list[object]:
        return list(model._base_manager.using(self.alias).order_by("pk").values_list("pk", flat=True)[: self.count])

    def _first_key(self, model: type[Model]) -> int:
        """The first key to use where the database counts them."""
        newest = model._base_manager.using(self.alias).order_by("-pk").values_list("pk", flat=True).first()
        return max(FIRST_KEY, newest + 1) if isinstance(newest, int) else FIRST_KEY

    def _key(self, model: type[Model], number: int, first: int) -> object:
        field = model._meta.pk
        assert field is not None
        if _is_auto(field):
            return first + number
        if _composite_key(model):
            return number
        if target := _target(field):
            known = self.keys.get(target) or [FIRST_KEY + each for each in range(self.count)]
            return known[number % len(known)]
        value = self._generated(model, field, number)
        return first + number if type(value) is int else self._distinct(field, value, number)

    def _fill_table(self, model: type[Model], there: int, is_wanted: bool) -> None:
        taken: dict[tuple[str, ...], set[object]] = {names: set() for names in _unique_sets(model)}
        for names in taken:
            there_now = model._base_manager.using(self.alias).values_list(*names)
            taken[names].update(tuple(map(_hashable, row)) for row in there_now)
        made, error = self.keys[model][:there], ""
        for number in range(there, self.count):
            for attempt in range(_ATTEMPTS):
                try:
                    values = self._values(model, number, attempt, is_wanted)
                    sets = {names: tuple(_hashable(values.get(name)) for name in names) for names in taken}
                    if any(None not in found and found in taken[names] for names, found in sets.items()):
                        error = "its unique fields leave no more values"
                        continue
                    with transaction.atomic(using=self.alias):
                        self._insert(model, values)
                except (DatabaseError, NoRow, ValueError, TypeError) as problem:
                    error = one_line(problem)
                    continue
                for names, found in sets.items():
                    taken[names].add(found)
                made.append(self.keys[model][number])
                break
        self.keys[model] = made
        if len(made) < self.count:
            self.short[model._meta.db_table] = f"{len(made)} of {self.count} rows could be made: {error}"

    def _values(self, model: type[Model], number: int, attempt: int, is_wanted: bool) -> Values:
        """One row. Later attempts take other targets and other values. Raises NoRow."""
        is_filled = is_wanted and (number + attempt) % 2 == 0
        values: Values = {}
        for position, field in enumerate(_own_fields(model)):
            if field.primary_key:
                values[field.attname] = self.keys[model][number]
            elif target := _target(field):
                is_null = field.null and not (is_filled and self.is_here(target))
                place = number + attempt * position
                values[field.attname] = None if is_null else self._pointed_at(field, target, place)
            elif field.null and not is_filled:
                values[field.attname] = None
            else:
                value = self._generated(model, field, number + attempt)
                values[field.attname] = self._distinct(field, value, number + attempt) if _is_unique(field) else value
        return self._checked(model, values, attempt)

    def _pointed_at(self, field: Any, target: type[Model], number: int) -> object:
        keys = self.keys[target] if target in self.keys else [FIRST_KEY + each for each in range(self.count)]
        if not keys:
            raise NoRow(f"{target._meta.db_table} has no row that {field.name} could point at")
        key = keys[number % len(keys)]
        if field.target_field.primary_key:
            return key
        row = target._base_manager.using(self.alias).filter(pk=key).values_list(field.target_field.attname, flat=True)
        found: object = row.first()
        return found

    def _insert_ordinary(self, model: type[Model], depth: int, attempt: int) -> object:
        """Insert a row with what a model needs and nothing more, in later attempts with everything; its key."""
        number = _NUMBER_OF_INSERT + attempt
        if depth > 20:
            raise NoRow(f"each row of {model._meta.db_table} needs one that is there before")
        values: Values = {}
        for parent, link in model._meta.parents.items():
            if link and link in model._meta.local_fields:
                values[link.attname] = self._insert_ordinary(parent, depth + 1, attempt)
        for field in _own_fields(model):
            if field.attname in values or _is_auto(field):
                continue
            if field.null and (_target(field) or not attempt):
                values |= {field.attname: None} if _target(field) else {}
            elif target := _target(field):
                values[field.attname] = self._free_target(field, target, depth, attempt)
            elif not _has_default(field) or (_is_unique(field) and not callable(field.default)):
                value = self._generated(model, field, number)
                values[field.attname] = self._distinct(field, value, number) if _is_unique(field) else value
        values = self._checked(model, values, attempt)
        for names in _unique_sets(model):
            given = {name: values[name] for name in names if values.get(name) is not None}
            if len(given) == len(names) and model._base_manager.using(self.alias).filter(**given).exists():
                raise NoRow("its unique fields leave no more values")
        return self._insert(model, values)

    def _checked(self, model: type[Model], values: Values, attempt: int) -> Values:
        """The values, changed so that the check constraints hold. Raises NoRow."""
        changed = satisfying(model, values, attempt, self.alias)
        if changed is None:
            raise NoRow("migfix finds no values that its check constraints allow")
        return changed

    def _free_target(self, field: Any, target: type[Model], depth: int, attempt: int) -> object:
        """A row to point at: one that is there, for a unique key a new one."""
        if not self.is_here(target):
            return FIRST_KEY
        name = field.target_field.attname
        rows = target._base_manager.using(self.alias)
        if not _is_unique(field) and (found := rows.order_by("-pk").values_list(name, flat=True).first()) is not None:
            return found
        key = self._insert_ordinary(target, depth + 1, attempt)
        return rows.filter(pk=key).values_list(name, flat=True).get()

    def _insert(self, model: type[Model], values: Values) -> object:
        """Insert without signals, which belong to the live models; the key of the new row."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # naive moments, where a project wants them
            row = model(**values)
            fields = [field for field in _own_fields(model) if not (_is_auto(field) and row.pk is None)]
            returned = model._base_manager._insert(  # type: ignore[attr-defined]
                [row],
                fields=fields,
                using=self.alias,
                returning_fields=[] if _composite_key(model) else [model._meta.pk],
            )
        if row.pk is None and not _composite_key(model):
            row.pk = returned[0][0]
        return row.pk

    def reset_sequences(self, filled: list[type[Model]]) -> None:
        """Let the database count on from the rows that are there."""
        statements = self.connection.ops.sequence_reset_sql(no_style(), filled)
        with self.connection.cursor() as cursor:
            for sql in statements:
                cursor.execute(sql)

    def _generated(self, model: type[Model], field: Any, number: int) -> Any:
        """A value for a column that isn't a key to elsewhere. Raises NoRow."""
        if choices := list(_choices(field)):
            return choices[number % len(choices)]
        if later := self.becoming.get((model._meta.label_lower, field.name)):
            self.readable[f"{model._meta.db_table}.{field.column}"] = later.get_internal_type()
            return _as_text(self._generated(model, later, number))
        if isinstance(field, models.BooleanField):
            # neighbours take turns at different speeds: some are staff and no superuser, some the other way round
            others = [each.name for each in _own_fields(model) if isinstance(each, models.BooleanField)]
            place = others.index(field.name) if field.name in others else 0
            return not (number >> place % 2) % 2
        if isinstance(field, models.FileField):
            return f"migfix/{number}.txt"[: field.max_length]
        for value in self._candidates(model, field):
            with suppress(*_NO):
                field.get_db_prep_save(value, self.connection)
                return value
        raise NoRow(f"migfix knows no value for {model._meta.label}.{field.name}, a {type(field).__name__}")

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

    def _distinct(self, field: Any, value: Any, number: int) -> Any:
        """A value that differs from that of every other row."""
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
    """A range that overlaps with that of no other row."""
    lower = value.lower
    if isinstance(lower, datetime.date):
        lower = lower.replace(year=2000, month=1, day=1) + datetime.timedelta(days=2 * number)
        return type(value)(lower, lower + datetime.timedelta(days=1))
    return type(value)(type(lower)(10 * number), type(lower)(10 * number + 5))


def _hashable(value: Any) -> Any:
    return repr(value) if isinstance(value, list | dict | set | bytearray) else value


def _mark(number: int) -> str:
    """A number in as few letters as can be: some keys hold two."""
    digits = string.digits + string.ascii_lowercase
    return digits[number] if number < 36 else _mark(number // 36) + digits[number % 36]


def _moderate(value: Any) -> Any:
    """Numbers that leave room for arithmetic: a data step that doubles a price is no fault."""
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
    """A value as text that every engine can turn into it."""
    match value:
        case bool():
            return str(int(value))
        case dict() | list():
            return json.dumps(value)
    return str(value)


def _at_full_length(field: Any, value: Any) -> Any:
    """Addresses padded to the length that their column holds; other text comes at full length."""
    if isinstance(field, models.EmailField) and isinstance(value, str) and field.max_length:
        return value.rjust(field.max_length, "a")
    if isinstance(field, models.URLField) and isinstance(value, str) and field.max_length:
        return value.ljust(field.max_length, "a")
    return value


def _is_auto(field: Any) -> bool:
    """Whether the database counts the values of this column."""
    return isinstance(field, models.AutoField | models.BigAutoField | models.SmallAutoField)


def _own_fields(model: type[Model]) -> list[Any]:
    """The columns of the model's own table that can be written."""
    return [field for field in model._meta.local_concrete_fields if not getattr(field, "generated", False)]


def _parents(model: type[Model]) -> list[type[Model]]:
    """The models whose tables hold the rest of a row under multi-table inheritance, the root first."""
    parents = model._meta.get_parent_list()
    return [each for each in reversed(model.__mro__) if each in parents]


def _target(field: Any) -> type[Model] | None:
    return field.remote_field.model._meta.concrete_model if field.remote_field and field.is_relation else None


def _choices_of(field: Any) -> list[Any]:
    return list(field.flatchoices or ()) if field.choices else []


def _choices(field: Any) -> Iterator[Any]:
    for value, _ in _choices_of(field):
        if value is not None and (value != "" or field.blank):
            yield value


def _has_default(field: Any) -> bool:
    return bool(field.has_default() or getattr(field, "db_default", NOT_PROVIDED) is not NOT_PROVIDED)


def _is_unique(field: Any) -> bool:
    names = [field.name]
    sets = (*field.model._meta.unique_together, *(each.fields for each in _unique_constraints(field.model)))
    excluded = [each for each in field.model._meta.constraints if type(each).__name__ == "ExclusionConstraint"]
    sets = (*sets, *(str(each.expressions) for each in excluded))
    return bool(field.unique or any(names[0] in each for each in sets) or field.name in _composite_key(field.model))


def _unique_sets(model: type[Model]) -> list[tuple[str, ...]]:
    """The columns that must be unique together, by attribute name."""
    options = model._meta
    singles: list[tuple[str, ...]] = [(field.name,) for field in _own_fields(model) if field.unique]
    singles += [names] if (names := _composite_key(model)) else []
    sets = [*singles, *options.unique_together, *(each.fields for each in _unique_constraints(model) if each.fields)]
    return [tuple(options.get_field(name).attname for name in names) for names in dict.fromkeys(map(tuple, sets))]  # type: ignore[union-attr]


def _composite_key(model: type[Model]) -> tuple[str, ...]:
    """The fields of a composite primary key (Django 5.2); empty for any other."""
    return tuple(getattr(model._meta.pk, "field_names", ()))


def _unique_constraints(model: type[Model]) -> list[Any]:
    return [each for each in model._meta.constraints if isinstance(each, models.UniqueConstraint)]
