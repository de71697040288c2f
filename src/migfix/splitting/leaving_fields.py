"""What moves out of a migration that loses dependencies: keys that need them, and what depends on those keys."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from migfix.history import History
from migfix.history.fields import Field, field_of, names_field, strings_in
from migfix.history.model import created_model, items_of
from migfix.source.data_functions.lookups import models_named
from migfix.source.data_functions.sql import statements
from migfix.source.migration import Call, Key, Literal, Migration, Name, Opaque, Operation, Sequence, Value
from migfix.source.names import is_noop
from migfix.source.text import names_read

_SETS = ("AlterUniqueTogether", "AlterIndexTogether", "AlterOrderWithRespectTo")
OPTION_SETS = ("unique_together", "index_together", "order_with_respect_to")


class CannotLeave(Exception):
    """Something that needs the dependency and can't move to another file."""


@dataclass
class Leaving:
    """What moves to the follow-up."""

    fields: list[tuple[int, str]] = field(default_factory=list)
    """Fields of a CreateModel: index of the operation, name."""
    options: list[tuple[int, str, int | None]] = field(default_factory=list)
    """Options of a CreateModel: index of the operation, name, and the item of a list of indexes or constraints."""
    operations: list[int] = field(default_factory=list)
    keys: int = 0
    """How many of these are foreign keys or many-to-many fields."""
    required: int = 0
    """How many of those are NOT NULL."""

    @property
    def is_empty(self) -> bool:
        return not (self.fields or self.options or self.operations)

    @property
    def cost(self) -> tuple[int, int, int, int]:
        """A sort key: few keys first, then nullable ones, then those of an AddField, then few operations."""
        return self.keys, self.required, len(self.fields), len(self.operations) + len(self.options)


def leaving(
    migration: Migration,
    lost: frozenset[Key],
    apps: frozenset[str],
    history: History,
    among: range | None = None,
) -> Leaving:
    """What must move out of ``migration`` if the models ``lost`` don't exist yet and those of ``apps`` may be older.

    ``among`` limits the operations to check, for models that the same file creates later. By default all are checked.
    Raises CannotLeave.
    """
    reader = _Reader(migration, lost, apps, history)
    for index in range(len(migration.operations)) if among is None else among:
        reader.operation(index, migration.operations[index])
    return reader.left


class _Reader:
    """Reads the operations in order. What has moved decides which later operations move too."""

    def __init__(self, migration: Migration, lost: frozenset[Key], apps: frozenset[str], history: History) -> None:
        self.migration = migration
        self.is_lost = lost.__contains__
        self.apps = apps
        self.history = history
        self.left = Leaving()
        self.gone: set[tuple[str, str]] = set()
        """Model and field, index or constraint that have moved."""
        self.sets: set[tuple[str, str]] = set()
        """Model and kind of a moved operation that sets an option as a whole. Later ones of the kind move too."""
        self.changed: set[str] = set()
        """Models whose rows a moved data function changes."""

    def operation(self, index: int, op: Operation) -> None:
        if op.kind == "CreateModel":
            self.create_model(index, op)
        elif any(each.kind == "CreateModel" and self.names_lost(each.value) for each in op.inner):
            raise CannotLeave(f"line {op.line} creates a model inside another operation")
        elif op.kind == "":
            raise CannotLeave(f"line {op.line} holds an operation that migfix can't read")
        elif any(self.needs(each) for each in (op, *op.inner)) or self.follows(op):
            if op.kind in ("RenameModel", "DeleteModel"):
                raise CannotLeave(f"line {op.line} renames or deletes a model whose field would have to move")
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
            if each.kind == "RunPython":
                self.changed |= {model for app, model in self.models_in(each) if app == self.migration.app}
            if each.kind in ("AddField", "AlterField"):
                moved = field_of(each)
                self.left.keys += moved.is_relation
                self.left.required += moved.is_key and not moved.is_true("null")

    def create_model(self, index: int, op: Operation) -> None:
        model = created_model(self.migration, op)
        for key in model.parents(self.history.facts):
            if self.is_lost(key):
                raise CannotLeave(f"{model.label} inherits from {'.'.join(key)}")
        for each in model.fields.values():
            if not self.needs_field(each, op.model):
                continue
            if each.is_true("primary_key") or each.is_parent_link:
                raise CannotLeave(f"{model.label}.{each.name} is the primary key")
            self.left.fields.append((index, each.name))
            self.left.keys += 1
            self.left.required += each.is_key and not each.is_true("null")
            self.gone.add((op.model, each.name))
        if strings_in(model.options.get("order_with_respect_to")) & {
            gone for owner, gone in self.gone if owner == op.model
        }:
            self.gone.add((op.model, "_order"))
        for name in OPTION_SETS[::-1]:
            if strings_in(model.options.get(name)) & {gone for owner, gone in self.gone if owner == op.model}:
                self.left.options.append((index, name, None))
                self.sets.add((op.model, "Alter" + name.title().replace("_", "")))
        for name in ("indexes", "constraints"):
            for item, value in enumerate(items_of(model.options.get(name))):
                if any(names_field(value, gone) for owner, gone in self.gone if owner == op.model):
                    if not isinstance(value, Call) or not isinstance(named := value.keyword("name"), Literal):
                        raise CannotLeave(
                            f"{model.label} has an unnamed index or constraint on a field that would have to move"
                        )
                    self.left.options.append((index, name, item))
                    self.gone.add((op.model, str(named.value)))

    def needs(self, op: Operation) -> bool:
        """Whether an operation itself names a model that doesn't exist yet."""
        if op.kind in ("AddField", "AlterField"):
            each = field_of(op)
            is_needed = self.needs_field(each, op.model)
            if is_needed and (each.is_true("primary_key") or each.is_parent_link):
                raise CannotLeave(f"{op.model}.{each.name} is the primary key")
            return is_needed
        if op.kind == "RunPython":
            return any(app in self.apps for app, _ in self.models_in(op))
        if op.kind == "RunSQL":
            return self.names_table(op)
        return False

    def needs_field(self, each: Field, model: str) -> bool:
        """Whether a field points at a model that doesn't exist yet. Raises CannotLeave if that can't be read."""
        targets = each.related(self.migration.app, model, self.history.facts)
        if any(map(self.is_lost, targets)) or (each.get("to_field") and any(app in self.apps for app, _ in targets)):
            return True
        is_unclear = not targets and (each.is_relation or "." in each.kind or not each.kind)
        if is_unclear and (each.is_relation or self.names_lost(each.value)):
            raise CannotLeave(f"{model}.{each.name} may point at a model that migfix can't read")
        return False

    def names_lost(self, value: Value) -> bool:
        """Whether a value names a model that doesn't exist yet, as ``app.model``, or is code that could."""
        if isinstance(value, Opaque):
            return True
        return any(
            self.is_lost((app, name.lower())) for app, _, name in (text.partition(".") for text in strings_in(value))
        )

    def models_in(self, op: Operation) -> frozenset[Key]:
        """The models that a RunPython names, forward and backward. Raises CannotLeave for code that can't be read."""
        found: set[Key] = set()
        for name in self.functions_of(op):
            found |= models_named(self.migration, Name(name))
        return frozenset(found)

    def functions_of(self, op: Operation) -> list[str]:
        found = []
        for argument in ("code", "reverse_code"):
            code = op.arguments.get(argument)
            if code is None or is_noop(code) or code == Literal(None):
                continue
            if not isinstance(code, Name) or code.dotted not in self.migration.functions:
                raise CannotLeave(f"line {op.line} runs code that migfix can't read")
            found.append(code.dotted)
        return found

    def names_table(self, op: Operation) -> bool:
        """Whether the SQL names a table of an app whose migration is no longer a dependency."""
        words = {
            word for text in statements(op.arguments.get("sql")) or () for word in re.findall(r"\w+", text.lower())
        }
        models = [
            created_model(each, made)
            for app in self.apps
            for each in self.history.app(app).values()
            for made in each.operations
            if made.kind == "CreateModel"
        ]
        return any(model.table.lower() in words for model in models)

    def follows(self, op: Operation) -> bool:
        """Whether an operation depends on something that has moved."""
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
        """Whether a RunPython or RunSQL mentions a moved field: of a model that it names, or across a relation."""
        if op.kind == "RunSQL":
            texts = " ".join(statements(op.arguments.get("sql")) or ())
            return any(re.search(rf"\b{re.escape(gone)}(_id)?\b", texts) for _, gone in self.gone if gone)
        functions = self.functions_of(op)
        return any(uses_field(self.migration, name, *each) for name in functions for each in self.gone if each[1])


def uses_field(migration: Migration, function: str, model: str, field: str) -> bool:
    """Whether a function, or one of the file that it calls, mentions a field of a model it names, or after ``__``."""
    names, text = {function}, ""
    while names:
        name = names.pop()
        code = migration.functions[name].code
        if code not in text:
            text += code + "\n"
            names |= {each for each in names_read(code) if each in migration.functions}
    is_named = model in text.lower() or "get_model" not in text
    pattern = rf"__{re.escape(field)}\b" + (rf"|\b{re.escape(field)}(_id|__\w+)?\b" if is_named else "")
    return re.search(pattern, text) is not None
