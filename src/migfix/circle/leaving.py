"""What leaves a migration when some of its dependencies go: keys that need them, and all that hangs on those keys."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from migfix.history import History
from migfix.history.fields import Field, names_field, strings_in
from migfix.history.state import created_model, items_of
from migfix.model import Call, Key, Literal, Migration, Name, Operation, Sequence
from migfix.source.effects import models_named
from migfix.source.names import is_noop
from migfix.source.sql import statements

_SETS = ("AlterUniqueTogether", "AlterIndexTogether", "AlterOrderWithRespectTo")
OPTION_SETS = ("unique_together", "index_together", "order_with_respect_to")


class CannotLeave(Exception):
    """Something that needs the dependency and can't go to another file."""


@dataclass
class Leaving:
    """What goes to the follow-up."""

    fields: list[tuple[int, str]] = field(default_factory=list)
    """Fields of a CreateModel: index of the operation, name."""
    options: list[tuple[int, str, int | None]] = field(default_factory=list)
    """Options of a CreateModel: index of the operation, name, and the item of a list of indexes or constraints."""
    operations: list[int] = field(default_factory=list)
    keys: int = 0
    """How many foreign keys and many-to-many fields are among them."""
    required: int = 0
    """How many of those are NOT NULL."""

    @property
    def is_empty(self) -> bool:
        return not (self.fields or self.options or self.operations)

    @property
    def cost(self) -> tuple[int, int, int, int]:
        """Few keys first, then nullable ones, then those that are added rather than created, then few operations."""
        return self.keys, self.required, len(self.fields), len(self.operations) + len(self.options)


def leaving(migration: Migration, lost: frozenset[Key], apps: frozenset[str], history: History) -> Leaving:
    """What must leave ``migration`` when the models ``lost`` aren't there yet and those of ``apps`` may be older.

    Raises CannotLeave.
    """
    reader = _Reader(migration, lost, apps, history)
    for index, op in enumerate(migration.operations):
        reader.operation(index, op)
    return reader.left


class _Reader:
    """Goes through the operations in order: what has left decides what follows it."""

    def __init__(self, migration: Migration, lost: frozenset[Key], apps: frozenset[str], history: History) -> None:
        self.migration = migration
        self.is_lost = lost.__contains__
        self.apps = apps
        self.history = history
        self.left = Leaving()
        self.gone: set[tuple[str, str]] = set()
        """Model and field, index or constraint that have left."""
        self.sets: set[tuple[str, str]] = set()
        """Model and kind of a set-like operation that has left: later ones of the kind follow."""
        self.changed: set[str] = set()
        """Models whose rows a function that has left changes."""

    def operation(self, index: int, op: Operation) -> None:
        if op.kind == "CreateModel":
            self.create_model(index, op)
        elif op.kind == "":
            raise CannotLeave(f"line {op.line} holds an operation that migfix can't read")
        elif any(self.needs(each) for each in (op, *op.inner)) or self.follows(op):
            if op.kind in ("RenameModel", "DeleteModel"):
                raise CannotLeave(f"line {op.line} renames or deletes a model whose field would have to leave")
            self.move(index, op)

    def move(self, index: int, op: Operation) -> None:
        self.left.operations.append(index)
        for each in (op, *op.inner):
            if each.kind in _SETS:
                self.sets.add((each.model, each.kind))
            for name in ("name", "new_name"):
                self.gone.add((each.model, each.text(name)))
            for argument in ("index", "constraint"):
                value = each.arguments.get(argument)
                if isinstance(value, Call) and isinstance(named := value.keyword("name"), Literal):
                    self.gone.add((each.model, str(named.value)))
            if each.kind == "RunPython" and isinstance(code := each.arguments.get("code"), Name):
                self.changed |= {
                    model for app, model in models_named(self.migration, code.dotted) if app == self.migration.app
                }
            if each.kind in ("AddField", "AlterField"):
                moved = Field(each.text("name"), each.arguments.get("field", Literal(None)))
                self.left.keys += moved.is_relation
                self.left.required += moved.is_key and not moved.is_true("null")

    def create_model(self, index: int, op: Operation) -> None:
        model = created_model(self.migration, op)
        for key in model.parents(self.history.facts):
            if self.is_lost(key):
                raise CannotLeave(f"{model.label} inherits from {'.'.join(key)}")
        for each in model.fields.values():
            if not any(map(self.is_lost, each.related(model.app, op.model, self.history.facts))):
                continue
            if each.is_true("primary_key") or each.is_parent_link:
                raise CannotLeave(f"{model.label}.{each.name} is the primary key")
            self.left.fields.append((index, each.name))
            self.left.keys += 1
            self.left.required += each.is_key and not each.is_true("null")
            self.gone.add((op.model, each.name))
        for name in ("indexes", "constraints"):
            for item, value in enumerate(items_of(model.options.get(name))):
                if any(names_field(value, gone) for owner, gone in self.gone if owner == op.model):
                    if not isinstance(value, Call) or not isinstance(named := value.keyword("name"), Literal):
                        raise CannotLeave(
                            f"{model.label} has an unnamed index or constraint on a field that would have to leave"
                        )
                    self.left.options.append((index, name, item))
                    self.gone.add((op.model, str(named.value)))
        for name in OPTION_SETS:
            if strings_in(model.options.get(name)) & {gone for owner, gone in self.gone if owner == op.model}:
                self.left.options.append((index, name, None))
                self.sets.add((op.model, "Alter" + name.title().replace("_", "")))

    def needs(self, op: Operation) -> bool:
        """Whether an operation itself names a model that isn't there yet."""
        if op.kind in ("AddField", "AlterField"):
            each = Field(op.text("name"), op.arguments.get("field", Literal(None)))
            is_needed = any(map(self.is_lost, each.related(self.migration.app, op.model, self.history.facts)))
            if is_needed and (each.is_true("primary_key") or each.is_parent_link):
                raise CannotLeave(f"{op.model}.{each.name} is the primary key")
            return is_needed
        if op.kind == "RunPython":
            code = op.arguments.get("code")
            if code is None or is_noop(code):
                return False
            if not isinstance(code, Name) or code.dotted not in self.migration.functions:
                raise CannotLeave(f"line {op.line} runs code that migfix can't read")
            return any(app in self.apps for app, _ in models_named(self.migration, code.dotted))
        if op.kind == "RunSQL":
            return any(app in self.apps for app, _ in self.tables_in(op))
        return False

    def tables_in(self, op: Operation) -> Iterator[Key]:
        """The models whose usual table name stands in the SQL."""
        for text in statements(op.arguments.get("sql")) or ():
            for word in set(re.findall(r"\w+_\w+", text.lower())):
                for place, letter in enumerate(word):
                    if letter == "_":
                        yield word[:place], word[place + 1 :]

    def follows(self, op: Operation) -> bool:
        """Whether an operation hangs on something that has left."""
        for each in (op, *op.inner):
            mine = {gone for owner, gone in self.gone if owner == each.model}
            if each.kind in _SETS and (
                (each.model, each.kind) in self.sets
                or mine & strings_in(Sequence("list", tuple(each.arguments.values())))
            ):
                return True
            if mine & {each.text("name"), each.text("old_name")} and each.kind not in (
                "AddField",
                "AlterModelOptions",
                "RenameModel",
            ):
                return True
            if any(names_field(each.arguments.get(name), gone) for name in ("index", "constraint") for gone in mine):
                return True
            if each.kind in ("RenameModel", "DeleteModel") and mine:
                return True
            if each.model in self.changed and each.kind not in ("", "CreateModel", "AlterModelOptions"):
                return True
            if each.kind in ("RunPython", "RunSQL") and self.uses_gone(each):
                return True
        return False

    def uses_gone(self, op: Operation) -> bool:
        """Whether the code of a data step mentions a field that has left, of a model that it names."""
        code = op.arguments.get("code")
        if isinstance(code, Name) and code.dotted in self.migration.functions:
            named = {model for app, model in models_named(self.migration, code.dotted) if app == self.migration.app}
            text = self.migration.functions[code.dotted].code
            return any(
                owner in named and re.search(rf"\b{re.escape(gone)}(_id|__\w+)?\b", text)
                for owner, gone in self.gone
                if gone
            )
        texts = " ".join(statements(op.arguments.get("sql")) or ())
        return any(re.search(rf"\b{re.escape(gone)}(_id)?\b", texts) for _, gone in self.gone if gone)
