"""The values of one placeholder row, column by column."""

from __future__ import annotations

import ast
from typing import Protocol

from migfix.history import History
from migfix.history.fields import Field, configured_value, strings_in, together
from migfix.history.model import Model, items_of
from migfix.history.state import State
from migfix.rows.placeholder_rows.check_constraint import Unreadable, around, condition_of, fields_in, holds, satisfying
from migfix.rows.placeholder_rows.seed import CannotSeed, Guard, Seed
from migfix.rows.placeholder_rows.set_values import typed
from migfix.rows.placeholder_rows.values import (
    AUTO,
    INTEGERS,
    NOW,
    TEXT,
    UNKNOWN,
    Row,
    Written,
    choice_values,
    cut,
    max_length,
    of_value,
    placeholder,
)
from migfix.source.formatting import literal
from migfix.source.migration import Call, Key, Literal, Value


class OtherRows(Protocol):
    """Plans the rows that a row points at."""

    @property
    def history(self) -> History: ...

    @property
    def now(self) -> State:
        """The models at the point where the row is created."""

    @property
    def later(self) -> State:
        """The models after the whole migration."""

    @property
    def chain(self) -> tuple[Key, ...]:
        """The models whose rows need this one."""

    def required_row(self, model: Model, each: Field, number: int) -> tuple[Seed, Written]:
        """The row that a required key of ``model`` points at, and the value of that key. Raises CannotSeed."""

    def target_to_make(self, model: Model, each: Field) -> tuple[str, Model | None]:
        """The label of the model that a key points at, and the model itself if its rows may be created here."""

    def within(self, model: Model) -> OtherRows:
        """The same planner, for rows that a row of ``model`` needs."""

    def seed(self, target: Key, by: str | None, key: Value, number: int) -> Seed:
        """The row of ``target`` whose primary key, or field ``by``, is ``key``. Raises CannotSeed."""


class Columns:
    """The values of one row, column by column."""

    def __init__(
        self, seeder: OtherRows, model: Model, lineage: list[Model], number: int, column: str, key: str
    ) -> None:
        self.seeder = seeder
        self.model = model
        self.lineage = lineage
        self.number = number
        self.column = column
        self.key = key
        self.used: list[str] = []
        self.needs: list[Seed] = []
        self.guards: list[Guard] = []
        later = [seeder.later.models.get(each.key, each) for each in lineage]
        self.options = [option for each in [*lineage, *later] for option in [each.options]]

    def written(self, fields: list[Field], key_field: Field | None) -> dict[str, Written]:
        """Attribute -> value for every column that needs one. The rows that they point at are added to ``needs``."""
        written: dict[str, Written] = {}
        known: dict[str, object] = {key_field.name: ast.literal_eval(self.key)} if key_field else {}
        for each in fields:
            made = self._configured(each) or self._required(each)
            known[each.name] = made.value if made else _left_out(each)
            if made:
                written[each.name] = made
        self._satisfy_checks(fields, written, known)
        by_name = {each.name: each for each in fields}
        return {f"{name}_id" if by_name[name].is_key else name: made for name, made in written.items()}

    def _configured(self, each: Field) -> Written | None:
        """The value set with ``--set`` or [tool.migfix.values], or None."""
        for owner in self.lineage[::-1]:
            if configured := configured_value(self.seeder.history.facts, owner.label, each.name):
                self.used.append(configured[0])
                value = of_value(typed(configured, each))
                if each.is_key:
                    self._points_at(each, Literal(value.value))
                return value
        return None

    def _required(self, each: Field) -> Written | None:
        is_unique = each.is_unique or each.name in self._unique_together()
        is_shared = is_unique and self.number > 1 and isinstance(each.default, Literal)
        if not is_shared and is_left_out(each, is_unique):
            if each.is_key and isinstance(each.default, Literal):
                self._points_at(each, each.default)
            return None
        if each.is_key:
            return self._key(each)
        made = placeholder(Row(self.model.name, self.number, each, is_unique))
        if made is None:
            raise CannotSeed(
                f"a placeholder row needs {each.name}, but migfix doesn't know {each.kind or 'its class'}.",
                f"Set its value with --set {self.model.label}.{each.name}=VALUE, or create the row yourself.",
            )
        return made

    def _key(self, each: Field) -> Written:
        target = each.target(self.model.app, self.model.name.lower(), self.seeder.history.facts)
        to_field = each.get("to_field")
        if target == self.model.key and self.column == (str(to_field.value) if isinstance(to_field, Literal) else "pk"):
            return Written(self.key, UNKNOWN)
        row, key = self.seeder.required_row(self.model, each, self.number)
        self.needs.append(row)
        return Written(key.code, UNKNOWN)

    def _points_at(self, each: Field, key: Literal) -> None:
        """Plan the row that a given key points at: it is created if its table is new, else it may be missing."""
        name, there = self.seeder.target_to_make(self.model, each)
        to_field = each.get("to_field")
        by = str(to_field.value) if isinstance(to_field, Literal) and to_field.value else None
        is_itself = there is not None and there.key in (self.model.key, *self.seeder.chain)
        if there and not is_itself and each.default == key:
            self.needs.append(self.seeder.within(self.model).seed(there.key, by, key, self.number))
        elif not there and not is_itself:
            target = each.target(self.model.app, self.model.name.lower(), self.seeder.history.facts)
            model = self.seeder.now.models.get(target) if target else None
            self.guards.append(Guard(name, model, by or "pk", literal(key.value)))

    def _unique_together(self) -> frozenset[str]:
        found: set[str] = set()
        for options in self.options:
            for names in together(options.get("unique_together")):
                found.update(names)
            for constraint in items_of(options.get("constraints")):
                if isinstance(constraint, Call) and constraint.func == "django.db.models.UniqueConstraint":
                    found.update(strings_in(constraint.keyword("fields")) | strings_in(constraint.arguments[0].value))
        return frozenset(found)

    def _satisfy_checks(self, fields: list[Field], written: dict[str, Written], known: dict[str, object]) -> None:
        by_name = {each.name: each for each in fields}
        checks = [
            c for options in self.options for each in items_of(options.get("constraints")) if (c := condition_of(each))
        ]
        checks = [c for i, c in enumerate(checks) if c not in checks[:i]]
        configured = {name.rpartition(".")[2] for name in self.used}
        free = frozenset(name for name, each in by_name.items() if name not in configured and not each.is_key)
        invented = written.keys() - configured
        readable = [each for each in checks if self._is_readable(each, known, configured, invented)]
        found = satisfying(readable, known, lambda name, near: self._candidates(by_name[name], near), free)
        if found is None:
            raise self._no_values(readable)
        for name, value in found.items():
            if value is not known[name]:
                written[name] = of_value(value, by_name[name])

    def _is_readable(self, check: Value, known: dict[str, object], configured: set[str], invented: set[str]) -> bool:
        """Whether a check can be evaluated.

        A check that can't be is ignored only if migfix invented none of its values, otherwise CannotSeed is raised.
        """
        try:
            holds(check, known)
        except Unreadable:
            names = fields_in(check)
            if (
                names
                and not names & invented
                and all(name in configured or known.get(name) is UNKNOWN for name in names)
            ):
                return False
            raise self._no_values([check]) from None
        return True

    def _no_values(self, checks: list[Value]) -> CannotSeed:
        names = sorted(frozenset().union(*map(fields_in, checks)))
        flags = " ".join(f"--set {self.model.label}.{name}=VALUE" for name in names)
        return CannotSeed(
            f"migfix found no placeholder values of {self.model.label} "
            f"that its check constraint on {', '.join(names) or 'the table'} allows.",
            f"Set them with {flags or '--set'}, or create the row in your own RunPython.",
        )

    def _candidates(self, each: Field, near: object) -> list[object]:
        choices = [value.value for value in choice_values(each.get("choices")) if isinstance(value, Literal)]
        if choices:
            return [*choices]
        if each.kind in TEXT:
            base = str(near) if isinstance(near, str) else ""
            made = placeholder(Row(self.model.name, self.number, each, True))
            texts = [base, *([str(made.value)] if made else []), f"{base}{self.number}"]
            return [cut(text, self.number, max_length(each)) for text in texts]
        if near is None or near is UNKNOWN or isinstance(near, bool):
            made = placeholder(Row(self.model.name, self.number, each, True))
            nothing = [None] if near is None and each.is_true("null") else []
            either = [True, False] if each.kind == "BooleanField" else []
            return [*nothing, *either, *([made.value] if made else [])]
        if each.kind == "DateTimeField" and not (hasattr(near, "year") and getattr(near, "year", 0) >= NOW.year - 1):
            return []
        return [*around(near), *([self.number] if each.kind in INTEGERS else [])]


def is_left_out(each: Field, is_unique: bool) -> bool:
    """Whether a new row needs no value for this field, because Django or the database has one."""
    if (
        each.kind in ("ManyToManyField", "GeneratedField", "CompositePrimaryKey")
        or each.is_parent_link
        or each.kind in AUTO
    ):
        return True
    if each.is_true("null") or each.is_true("auto_now") or each.is_true("auto_now_add") or each.default is not None:
        return True
    return each.is_true("blank") and each.kind in TEXT and not is_unique


def _left_out(each: Field) -> object:
    """The value that a check sees in a column that isn't given."""
    if isinstance(each.default, Literal):
        return each.default.value
    if each.default is not None or each.is_true("auto_now") or each.is_true("auto_now_add") or each.kind in AUTO:
        return UNKNOWN
    return None if each.is_true("null") else ""
