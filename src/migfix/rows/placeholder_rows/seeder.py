"""The rows that a new foreign key's default needs: the target, its parents, and the rows that these require."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from uuid import UUID

from migfix.history import History
from migfix.history.fields import Field
from migfix.history.model import Model
from migfix.history.state import State
from migfix.rows.placeholder_rows.columns import Columns
from migfix.rows.placeholder_rows.seed import CannotSeed, Seed
from migfix.rows.placeholder_rows.values import AUTO, INTEGERS, Row, Written, of_value, placeholder, uuid_text
from migfix.source.formatting import literal
from migfix.source.migration import Call, Key, Literal, Name, Value


@dataclass(frozen=True)
class Seeder:
    """Plans rows for models as they are at one point (``now``) that also fit the models after the file (``later``)."""

    history: History
    now: State
    later: State
    chain: tuple[Key, ...] = field(default=())

    def seed(self, target: Key, by: str | None, key: Value, number: int) -> Seed:
        """The row of ``target`` whose primary key, or field ``by``, is ``key``. ``number`` makes rows differ.

        Raises CannotSeed.
        """
        model = self.now.models[target]
        if target == self.history.facts.auth_user:
            raise CannotSeed(
                f"{model.label} is the user model, and migfix never invents users.",
                "Create that user in your own RunPython, or make the key nullable.",
            )
        column = by or "pk"
        key_field = self._field(model, by) if by else self._primary_key(model)
        code = _key_code(key, model, column)
        if isinstance(key, Literal) and not self._may_be_key(model, key_field, key.value):
            raise _no_key(key, model, column)
        return self._row(model, column, code, key_field, number)

    def _may_be_key(self, model: Model, key_field: Field | None, value: object) -> bool:
        """Whether the column accepts the value. If it is a foreign key, whether the key of its target does."""
        if key_field is not None and key_field.is_key:
            target = self.now.models.get(
                key_field.target(model.app, model.name.lower(), self.history.facts) or model.key
            )
            return (
                target is None or target.key == model.key or self._may_be_key(target, self._primary_key(target), value)
            )
        try:
            if key_field is None or key_field.kind in AUTO | INTEGERS:
                int(str(value))
            elif key_field.kind == "UUIDField" and isinstance(value, str):
                UUID(value)
        except ValueError:
            return False
        return True

    def _row(self, model: Model, column: str, code: str, key_field: Field | None, number: int) -> Seed:
        lineage = self.lineage(model)
        fields = [each for ancestor in lineage for each in ancestor.fields.values()]
        if column == "pk" and len(lineage) > 1 and key_field is not None:
            column = key_field.name  # a child's `pk` is its parent link; the parent's own key would get its default
        own_keys = {each.name for each in model.fields.values() if column == "pk" and each.is_true("primary_key")}
        plan = Columns(self, model, lineage, number, column, code)
        if key_field is not None and key_field.is_key:
            plan.needs.append(self.row_of_the_same_key(model, key_field, code, number))
        skipped = own_keys | ({key_field.name} if key_field else set())
        written = plan.written([each for each in fields if each.name not in skipped], key_field)
        return Seed(
            model=model,
            lookup=column,
            key=code,
            values=tuple((name, each.code) for name, each in written.items()),
            needs=tuple(plan.needs),
            resets=self._reset(lineage, key_field, code),
            imports=tuple(line for each in written.values() for line in each.imports),
            used_values=tuple(plan.used),
            guards=tuple(plan.guards),
        )

    def _reset(self, lineage: list[Model], key_field: Field | None, code: str) -> Model | None:
        """The model whose sequence must be reset after an explicit key, if the key is counted up automatically."""
        if key_field is None or key_field.kind not in AUTO or not key_field.is_true("primary_key"):
            return None
        if code == "0" and self.history.facts.may_run_on("mysql", "mariadb"):
            raise CannotSeed(
                f"the default is 0, and MySQL and MariaDB can't store the key 0 of {lineage[-1].label}.",
                "Choose another key, or set `engines` if no database is MySQL or MariaDB.",
            )
        return (
            None if code.startswith(("0", "-")) else next(each for each in lineage if key_field in each.fields.values())
        )

    def target_to_make(self, model: Model, each: Field) -> tuple[str, Model | None]:
        """The label of a key's target, and the model if its rows may be created here. Users are never created."""
        target = each.target(model.app, model.name.lower(), self.history.facts)
        there = self.now.models.get(target) if target else None
        name = there.label if there else ".".join(target) if target else "a model that migfix can't read"
        is_user = isinstance(each.get("to"), Name) or target == self.history.facts.auth_user
        return name, there if there and not is_user and self.is_new(there) else None

    def row_of_the_same_key(self, model: Model, key_field: Field, code: str, number: int) -> Seed:
        """The row that a primary key points at, if the primary key is itself a foreign key."""
        name, there = self.target_to_make(model, key_field)
        if there is None or key_field.get("to_field"):
            raise CannotSeed(
                f"the key of {model.label} is that of a row of {name}, which migfix can't invent.",
                "Create the row in your own RunPython, or make the key nullable.",
            )
        inner = self.within(model)
        return inner._row(there, "pk", code, inner._primary_key(there), number)

    def lineage(self, model: Model) -> list[Model]:
        """The parents whose columns the model has as well, then the model. Raises CannotSeed for an existing parent."""
        found = [model]
        for key in model.parents(self.history.facts):
            parent = self.now.models.get(key)
            if parent is None or not self.is_new(parent):
                name = parent.label if parent else ".".join(key)
                raise CannotSeed(
                    f"{model.label} inherits from {name}, which already existed: "
                    f"creating a {model.label} could overwrite one of its rows.",
                    f"Use the key of a {model.label} that your own RunPython creates, or make the field nullable.",
                )
            found = [*self.lineage(parent), *found]
        return found

    def within(self, model: Model) -> Seeder:
        """The seeder for rows that a row of ``model`` needs."""
        return replace(self, chain=(*self.chain, model.key))

    def is_new(self, model: Model) -> bool:
        """Whether the table is created by a migration that isn't deployed."""
        made_by = self.history.migration(model.made_by)
        return made_by is not None and self.history.is_new(made_by)

    def _primary_key(self, model: Model) -> Field | None:
        """The field that holds the key itself: with multi-table inheritance, that of the first ancestor."""
        key = model.primary_key
        for parent in model.parents(self.history.facts):
            if (key is None or key.is_key) and parent in self.now.models:
                return self._primary_key(self.now.models[parent])
        return key

    def _field(self, model: Model, name: str) -> Field | None:
        return next((each.fields[name] for each in self.lineage(model) if name in each.fields), None)

    def required_row(self, model: Model, each: Field, number: int) -> tuple[Seed, Written]:
        """The row that a required key of ``model`` points at, and the value of that key. Raises CannotSeed."""
        set_flag = f"--set {model.label}.{each.name}=KEY"
        name, there = self.target_to_make(model, each)
        if there is None:
            raise CannotSeed(
                f"a placeholder {model.label} needs a value for {each.name}, but migfix can't invent rows of {name}.",
                f"Choose one with {set_flag}, or create the row in your own RunPython.",
            )
        if there.key in (*self.chain, model.key):
            raise CannotSeed(
                f"{model.label} and {there.label} each need a row of the other first.",
                f"Make one of the keys nullable, or choose the row with {set_flag}.",
            )
        to_field = each.get("to_field")
        by = str(to_field.value) if isinstance(to_field, Literal) and to_field.value else None
        row_number = number if each.is_unique else 1
        inner = self.within(model)
        key_field = inner._field(there, by) if by else inner._primary_key(there)
        key = inner.invented_key(there, key_field, row_number)
        return inner._row(there, by or "pk", key.code, key_field, row_number), key

    def invented_key(self, model: Model, key_field: Field | None, number: int) -> Written:
        """The key of a row that only another placeholder row needs. Raises CannotSeed."""
        if key_field is not None and key_field.is_key:
            raise CannotSeed(
                f"the key of {model.label} is itself a foreign key, which migfix can't invent.",
                "Create the row in your own RunPython.",
            )
        if key_field is None or key_field.kind in AUTO | INTEGERS:
            return of_value(number)
        made = placeholder(Row(model.name, number, key_field, True))
        if made is None:
            raise CannotSeed(
                f"migfix doesn't know {key_field.kind}, the key of {model.label}.",
                "Create the row in your own RunPython.",
            )
        return made


def _key_code(key: Value, model: Model, column: str) -> str:
    if isinstance(key, Literal) and isinstance(key.value, int | str) and not isinstance(key.value, bool):
        return literal(key.value)
    if text := uuid_text(key):
        return literal(text)
    if isinstance(key, Literal):
        raise _no_key(key, model, column)
    what = f"{key.func}()" if isinstance(key, Call) else key.dotted if isinstance(key, Name) else "code"
    raise CannotSeed(
        f"the default is computed by {what}, so migfix can't know which {model.label} it means.",
        f"Write the {column} of the row as a plain value, or create the row in your own RunPython.",
    )


def _no_key(key: Literal, model: Model, column: str) -> CannotSeed:
    return CannotSeed(
        f"the default is {key.value!r}, which is not a key of {model.label}.",
        f"Use the {column} of a {model.label} that exists or that migfix can create.",
    )
