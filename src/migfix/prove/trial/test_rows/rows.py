"""Test rows for historical models, similar to those in a table that has been used for a while.

Values come from model-bakery. The first row of a table has a value in every nullable column, the second has NULL in all
of them, and so on in turn. Keys start at 101, so that no migration passes only because row 1 exists.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.management.color import no_style
from django.db import connections, router, transaction
from django.db.models import Model
from django.db.utils import DatabaseError

from migfix.prove.trial.foreign import one_line
from migfix.prove.trial.test_rows.columns import (
    composite_key,
    has_default,
    is_auto,
    is_unique,
    own_fields,
    parents,
    target_of,
    unique_sets,
)
from migfix.prove.trial.test_rows.conditions import satisfying
from migfix.prove.trial.test_rows.values import ColumnValues, NoRow

FIRST_KEY = 101
_ATTEMPTS = 12
_NUMBER_OF_INSERT = 900
"""The number for unique values in ordinary inserts. Those of the test rows start at 0."""

Values = dict[str, Any]
"""Attribute name of a column -> its value."""


class SyntheticRows:
    """Creates test rows in one database."""

    def __init__(self, alias: str, count: int, becoming: Mapping[tuple[str, str], Any]) -> None:
        self.alias = alias
        self.count = count
        self.connection = connections[alias]
        self.values = ColumnValues(self.connection, becoming)
        self.keys: dict[type[Model], list[object]] = {}
        """The primary keys of each model's rows, including rows that aren't created yet."""
        self.short: dict[str, str] = {}
        """Table -> why it has fewer rows than requested."""

    def fill(self, asked: Iterable[type[Model]]) -> None:
        """Create rows in the tables of these models, and in the tables that those rows refer to."""
        wanted = list(dict.fromkeys(each for model in asked for each in (*parents(model), model) if self.is_here(each)))
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
        """Insert one row as application code would: the database and Django set keys and defaults.

        The insert is rolled back. Raises DatabaseError or NoRow.
        """
        with transaction.atomic(using=self.alias):
            self.insert_kept(model)
            transaction.set_rollback(True, using=self.alias)

    def insert_kept(self, model: type[Model]) -> object:
        """Insert one row as ``insert()`` does, and return its key. Raises DatabaseError or NoRow."""
        first = NoRow("no row could be made")
        for attempt in range(_ATTEMPTS):
            try:
                with transaction.atomic(using=self.alias):
                    key = self._insert_ordinary(model, 0, attempt)
                    self.connection.check_constraints(table_names=[model._meta.db_table])
                return key
            except NoRow as error:
                first = first if attempt else error
        raise first

    def is_here(self, model: type[Model]) -> bool:
        """Whether the model has its own table in this database."""
        options = model._meta
        return bool(
            options.managed and not options.proxy and not options.swapped and not options.abstract
        ) and router.allow_migrate_model(self.alias, model)

    def _with_needed(self, wanted: list[type[Model]]) -> dict[type[Model], int]:
        """Every model whose rows are needed, each with 0. Targets of keys come before the models that point at them."""
        found: dict[type[Model], int] = {}
        under_way: set[type[Model]] = set()

        def visit(model: type[Model]) -> None:
            if model in found or model in under_way:
                return
            under_way.add(model)
            for field in own_fields(model):
                target = target_of(field)
                if target and (not field.null or model in wanted) and self.is_here(target):
                    for each in (*parents(target), target):
                        visit(each)
            found[model] = 0

        for model in wanted:
            visit(model)
        return found

    def _existing(self, model: type[Model]) -> list[object]:
        return list(model._base_manager.using(self.alias).order_by("pk").values_list("pk", flat=True)[: self.count])

    def _first_key(self, model: type[Model]) -> int:
        """The first integer key to use."""
        newest = model._base_manager.using(self.alias).order_by("-pk").values_list("pk", flat=True).first()
        return max(FIRST_KEY, newest + 1) if isinstance(newest, int) else FIRST_KEY

    def _key(self, model: type[Model], number: int, first: int) -> object:
        field = model._meta.pk
        assert field is not None
        if is_auto(field):
            return first + number
        if composite_key(model):
            return number
        if target := target_of(field):
            known = self.keys.get(target) or [FIRST_KEY + each for each in range(self.count)]
            return known[number % len(known)]
        value = self.values.generated(model, field, number)
        return first + number if type(value) is int else self.values.distinct(field, value, number)

    def _fill_table(self, model: type[Model], there: int, is_wanted: bool) -> None:
        taken: dict[tuple[str, ...], set[object]] = {names: set() for names in unique_sets(model)}
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
                        error = "its unique fields allow no more values"
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
        """The values of one row. Later attempts use other targets and other values. Raises NoRow."""
        is_filled = is_wanted and (number + attempt) % 2 == 0
        values: Values = {}
        for position, field in enumerate(own_fields(model)):
            if field.primary_key:
                values[field.attname] = self.keys[model][number]
            elif target := target_of(field):
                is_null = field.null and not (is_filled and self.is_here(target))
                place = number + attempt * position
                values[field.attname] = None if is_null else self._pointed_at(field, target, place)
            elif field.null and not is_filled:
                values[field.attname] = None
            else:
                values[field.attname] = self.values.value(model, field, number + attempt)
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
        """Insert a row with only the required values, or with more of them in later attempts. Returns its key."""
        number = _NUMBER_OF_INSERT + attempt
        if depth > 20:
            raise NoRow(f"each row of {model._meta.db_table} needs another row first")
        values: Values = {}
        for parent, link in model._meta.parents.items():
            if link and link in model._meta.local_fields:
                values[link.attname] = self._insert_ordinary(parent, depth + 1, attempt)
        for field in own_fields(model):
            if field.attname in values or is_auto(field):
                continue
            if field.null and (target_of(field) or not attempt):
                values |= {field.attname: None} if target_of(field) else {}
            elif target := target_of(field):
                values[field.attname] = self._free_target(field, target, depth, attempt)
            elif not has_default(field) or (is_unique(field) and not callable(field.default)):
                values[field.attname] = self.values.value(model, field, number)
        values = self._checked(model, values, attempt)
        for names in unique_sets(model):
            given = {name: values[name] for name in names if values.get(name) is not None}
            if len(given) == len(names) and model._base_manager.using(self.alias).filter(**given).exists():
                raise NoRow("its unique fields allow no more values")
        return self._insert(model, values)

    def _checked(self, model: type[Model], values: Values, attempt: int) -> Values:
        """The values, changed so that the check constraints hold. Raises NoRow."""
        changed = satisfying(model, values, attempt, self.alias)
        if changed is None:
            raise NoRow("migfix finds no values that its check constraints allow")
        return changed

    def _free_target(self, field: Any, target: type[Model], depth: int, attempt: int) -> object:
        """The value of a key to a row: an existing row, or a new one if the key is unique or there is none."""
        if not self.is_here(target):
            return FIRST_KEY
        name = field.target_field.attname
        rows = target._base_manager.using(self.alias)
        if not is_unique(field) and (found := rows.order_by("-pk").values_list(name, flat=True).first()) is not None:
            return found
        key = self._insert_ordinary(target, depth + 1, attempt)
        return rows.filter(pk=key).values_list(name, flat=True).get()

    def _insert(self, model: type[Model], values: Values) -> object:
        """Insert a row without sending signals, whose receivers expect the live models. Returns its key."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # naive datetimes, if the project uses time zones
            row = model(**values)
            fields = [field for field in own_fields(model) if not (is_auto(field) and row.pk is None)]
            returned = model._base_manager._insert(  # type: ignore[attr-defined]
                [row],
                fields=fields,
                using=self.alias,
                returning_fields=[] if composite_key(model) else [model._meta.pk],
            )
        if row.pk is None and not composite_key(model):
            row.pk = returned[0][0]
        return row.pk

    def reset_sequences(self, filled: list[type[Model]]) -> None:
        """Reset the sequences, so that they continue after the existing rows."""
        statements = self.connection.ops.sequence_reset_sql(no_style(), filled)
        with self.connection.cursor() as cursor:
            for sql in statements:
                cursor.execute(sql)


def _hashable(value: Any) -> Any:
    return repr(value) if isinstance(value, list | dict | set | bytearray) else value
