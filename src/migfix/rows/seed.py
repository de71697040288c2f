"""The rows that a new foreign key's default needs: the target, its parents, and what it requires itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from migfix.formatting import literal
from migfix.history import History
from migfix.history.fields import Field, strings_in, together
from migfix.history.state import Model, State, items_of
from migfix.model import Call, Key, Literal, Name, Value
from migfix.rows.constraint import Unreadable, around, condition_of, fields_in, holds, satisfying
from migfix.rows.placeholder import (
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
    uuid_text,
)


class CannotSeed(Exception):
    """A row that must not be invented: why, and what a person can do."""

    def __init__(self, why: str, next_step: str) -> None:
        super().__init__(why)
        self.why = why
        self.next_step = next_step


@dataclass(frozen=True)
class Seed:
    """One row to get or create: the lookup, and the columns that need a value."""

    model: Model
    lookup: str
    key: str
    values: tuple[tuple[str, str], ...]
    needs: tuple[Seed, ...] = ()
    """Rows that must be there first, outermost first."""
    resets: Model | None = None
    """The model whose sequence an explicit key leaves behind."""
    imports: tuple[tuple[str, str | None], ...] = ()
    used_values: tuple[str, ...] = ()

    def walk(self) -> Iterator[Seed]:
        """This row after everything that it needs."""
        for each in self.needs:
            yield from each.walk()
        yield self


@dataclass(frozen=True)
class Seeder:
    """Plans rows for models as they are at one point (``now``), held to what they are after the file (``later``)."""

    history: History
    now: State
    later: State
    chain: tuple[Key, ...] = field(default=())

    def seed(self, target: Key, by: str | None, key: Value, number: int) -> Seed:
        """The row of ``target`` whose primary key, or field ``by``, is ``key``; ``number`` tells rows apart.

        Raises CannotSeed.
        """
        model = self.now.models[target]
        if target == self.history.facts.auth_user:
            raise CannotSeed(
                f"{model.label} is the user model, and migfix never invents users.",
                "Make that user in a RunPython of your own, or make the key nullable.",
            )
        column = by or "pk"
        key_field = self._field(model, by) if by else self._primary_key(model)
        code = _key_code(key, model, column)
        return self._row(model, column, code, key_field, number)

    def _row(self, model: Model, column: str, code: str, key_field: Field | None, number: int) -> Seed:
        lineage = self._lineage(model)
        fields = [each for ancestor in lineage for each in ancestor.fields.values()]
        key_names = {
            key_field.name if key_field else "",
            *(each.name for each in fields if column == "pk" and each.is_true("primary_key")),
        }
        plan = _Columns(self, model, lineage, number, column, code)
        written, needs = plan.written([each for each in fields if each.name not in key_names])
        is_counted = column == "pk" and key_field is not None and key_field.kind in AUTO
        return Seed(
            model=model,
            lookup=column,
            key=code,
            values=tuple((name, each.code) for name, each in written.items()),
            needs=tuple(needs),
            resets=next(each for each in lineage if key_field in each.fields.values()) if is_counted else None,
            imports=tuple(line for each in written.values() for line in each.imports),
            used_values=tuple(plan.used),
        )

    def _lineage(self, model: Model) -> list[Model]:
        """The model after the parents whose columns are its own too."""
        found = [model]
        for key in model.parents(self.history.facts):
            parent = self.now.models.get(key)
            if parent is None or not self.is_new(parent):
                name = parent.label if parent else ".".join(key)
                raise CannotSeed(
                    f"{model.label} inherits from {name}, which was there before: "
                    f"making a {model.label} could overwrite a row of it.",
                    f"Give the field the key of a {model.label} that a RunPython of yours makes, or make it nullable.",
                )
            found = [*self._lineage(parent), *found]
        return found

    def is_new(self, model: Model) -> bool:
        """Whether the table is made by a migration that isn't deployed."""
        made_by = self.history.migration(model.made_by)
        return made_by is not None and self.history.is_new(made_by)

    def _primary_key(self, model: Model) -> Field | None:
        """The field that holds the key itself: that of the first ancestor under multi-table inheritance."""
        key = model.primary_key
        for parent in model.parents(self.history.facts):
            if (key is None or key.is_key) and parent in self.now.models:
                return self._primary_key(self.now.models[parent])
        return key

    def _field(self, model: Model, name: str) -> Field | None:
        return next((each.fields[name] for each in self._lineage(model) if name in each.fields), None)

    def required_row(self, model: Model, each: Field, number: int) -> tuple[Seed, Written]:
        """The row that a required key of ``model`` points at, and the value of that key."""
        target = each.target(model.app, model.name.lower(), self.history.facts)
        set_flag = f"--set {model.label}.{each.name}=KEY"
        there = self.now.models.get(target) if target else None
        is_user = isinstance(each.get("to"), Name) or target == self.history.facts.auth_user
        if target is None or there is None or is_user or not self.is_new(there):
            name = there.label if there else ".".join(target) if target else "a model that migfix can't read"
            raise CannotSeed(
                f"a placeholder {model.label} needs a {each.name}, and rows of {name} are not migfix's to invent.",
                f"Say which one with {set_flag}, or make the row in a RunPython of your own.",
            )
        if there.key in (*self.chain, model.key):
            raise CannotSeed(
                f"{model.label} and {there.label} each need a row of the other first.",
                f"Make one of the keys nullable, or say which row to use with {set_flag}.",
            )
        to_field = each.get("to_field")
        by = str(to_field.value) if isinstance(to_field, Literal) and to_field.value else None
        row_number = number if each.is_unique else 1
        inner = replace(self, chain=(*self.chain, model.key))
        key_field = inner._field(there, by) if by else inner._primary_key(there)
        key = inner.invented_key(there, key_field, row_number)
        return inner._row(there, by or "pk", key.code, key_field, row_number), key

    def invented_key(self, model: Model, key_field: Field | None, number: int) -> Written:
        """The key of a row that nothing but another placeholder asks for."""
        if key_field is not None and key_field.is_key:
            raise CannotSeed(
                f"the key of {model.label} is itself a foreign key, which migfix doesn't invent.",
                "Make the row in a RunPython of your own.",
            )
        if key_field is None or key_field.kind in AUTO | INTEGERS:
            return of_value(number)
        made = placeholder(Row(model.name, number, key_field, True))
        if made is None:
            raise CannotSeed(
                f"migfix doesn't know {key_field.kind}, the key of {model.label}.",
                "Make the row in a RunPython of your own.",
            )
        return made


class _Columns:
    """The values of one row, column by column."""

    def __init__(self, seeder: Seeder, model: Model, lineage: list[Model], number: int, column: str, key: str) -> None:
        self.seeder = seeder
        self.model = model
        self.lineage = lineage
        self.number = number
        self.column = column
        self.key = key
        self.used: list[str] = []
        self.needs: list[Seed] = []
        later = [seeder.later.models.get(each.key, each) for each in lineage]
        self.options = [option for each in [*lineage, *later] for option in [each.options]]

    def written(self, fields: list[Field]) -> tuple[dict[str, Written], list[Seed]]:
        """Attribute -> value for every column that must be given, and the rows these point at."""
        written: dict[str, Written] = {}
        known: dict[str, object] = {}
        for each in fields:
            made = self._said(each) or self._required(each)
            known[each.name] = made.value if made else _left_out(each)
            if made:
                written[each.name] = made
        self._satisfy_checks(fields, written, known)
        by_name = {each.name: each for each in fields}
        return {f"{name}_id" if by_name[name].is_key else name: made for name, made in written.items()}, self.needs

    def _said(self, each: Field) -> Written | None:
        """The value of ``--set`` or [tool.migfix.values]."""
        for owner in self.lineage[::-1]:
            for name, value in self.seeder.history.facts.values.items():
                if name.lower() == f"{owner.label}.{each.name}".lower():
                    self.used.append(name)
                    return of_value(_typed(value, each))
        return None

    def _required(self, each: Field) -> Written | None:
        is_unique = each.is_unique or each.name in self._unique_together()
        is_shared = is_unique and self.number > 1 and isinstance(each.default, Literal)
        if not is_shared and is_left_out(each, is_unique):
            return None
        if each.is_key:
            return self._key(each)
        made = placeholder(Row(self.model.name, self.number, each, is_unique))
        if made is None:
            raise CannotSeed(
                f"a placeholder row needs {each.name}, and migfix doesn't know {each.kind or 'its class'}.",
                f"Say its value with --set {self.model.label}.{each.name}=VALUE, or make the row yourself.",
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
        checks = [c for i, c in enumerate(checks) if c not in checks[:i] and fields_in(c) & by_name.keys()]
        said = {name.rpartition(".")[2] for name in self.used}
        free = frozenset(name for name, each in by_name.items() if name not in said and not each.is_key)
        readable = [each for each in checks if self._is_readable(each, known, said)]
        found = satisfying(readable, known, lambda name, near: self._candidates(by_name[name], near, known), free)
        if found is None:
            raise self._no_values(readable)
        for name, value in found.items():
            if value is not known[name]:
                written[name] = of_value(value, by_name[name])

    def _is_readable(self, check: Value, known: dict[str, object], said: set[str]) -> bool:
        try:
            holds(check, known)
        except Unreadable:
            if fields_in(check) and all(name in said or known.get(name) is UNKNOWN for name in fields_in(check)):
                return False
            raise self._no_values([check]) from None
        return True

    def _no_values(self, checks: list[Value]) -> CannotSeed:
        names = sorted(frozenset().union(*map(fields_in, checks)))
        flags = " ".join(f"--set {self.model.label}.{name}=VALUE" for name in names)
        return CannotSeed(
            f"migfix found no placeholder values of {self.model.label} "
            f"that its check constraint on {', '.join(names) or 'the table'} lets through.",
            f"Say them with {flags or '--set'}, or make the row in a RunPython of your own.",
        )

    def _candidates(self, each: Field, near: object, known: dict[str, object]) -> list[object]:
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
            return [near, *([made.value] if made else [])] if near is not UNKNOWN else [made.value] if made else []
        if each.kind == "DateTimeField" and not (hasattr(near, "year") and getattr(near, "year", 0) >= NOW.year - 1):
            return []
        return [*around(near), *([self.number] if each.kind in INTEGERS else [])]


def is_left_out(each: Field, is_unique: bool) -> bool:
    """Whether a new row may do without a value for this field: Django or the database has one."""
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
    """What a check sees in a column that isn't given."""
    if isinstance(each.default, Literal):
        return each.default.value
    if each.default is not None or each.is_true("auto_now") or each.is_true("auto_now_add") or each.kind in AUTO:
        return UNKNOWN
    return None if each.is_true("null") else ""


def _typed(value: object, each: Field) -> object:
    """What a person said, as a value of the field: text stays text, unless it was quoted."""
    if not isinstance(value, str) or (each.kind in TEXT and value[:1] not in ("'", '"')):
        return str(value) if each.kind in TEXT else value
    try:
        return ast.literal_eval(value)
    except (ValueError, SyntaxError):
        return value


def _key_code(key: Value, model: Model, column: str) -> str:
    if isinstance(key, Literal) and isinstance(key.value, int | str) and not isinstance(key.value, bool):
        return literal(key.value)
    if text := uuid_text(key):
        return literal(text)
    what = f"{key.func}()" if isinstance(key, Call) else key.dotted if isinstance(key, Name) else "code"
    raise CannotSeed(
        f"the default is computed by {what}, so migfix can't know which {model.label} it means.",
        f"Write the {column} of the row as a plain value, or make the row in a RunPython of your own.",
    )
