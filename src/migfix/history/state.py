"""Models and fields after a number of operations, read from source: the counterpart of Django's ProjectState."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from migfix.history.altered_model import changed_model
from migfix.history.fields import Field, model_key, together
from migfix.history.model import Model, created_model, items_of
from migfix.history.models import AppModels, Models
from migfix.project.facts import Facts
from migfix.source.migration import Argument, Call, Key, Literal, Migration, Operation, Sequence, Value


class Rename(NamedTuple):
    """A model that was renamed: its old key, its new label, and the operation that renames it."""

    old: Key
    label: str
    op: Operation


class State:
    """All models known at one point, and the operations before it that can't be read."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.models = Models()
        self.opaque: list[tuple[Key, Operation]] = []
        self.missing: list[str] = []
        """Fields that an operation names but the model doesn't have at that point."""
        self.dropped: list[tuple[Migration, Operation]] = []
        """Operations on a model that doesn't exist at that point."""
        self.renames: tuple[Rename, ...] = ()
        """The models renamed so far. All relations that were there at the time follow them."""

    def copy(self) -> State:
        """A copy that later changes to this state don't affect."""
        copied = State(self.facts)
        copied.models, copied.renames = self.models.copy(), self.renames
        copied.opaque, copied.missing, copied.dropped = list(self.opaque), list(self.missing), list(self.dropped)
        return copied

    def replay(self, migration: Migration, operations: Iterable[Operation]) -> None:
        """Apply ``operations`` of ``migration`` to the state, in order."""
        for op in operations:
            self._apply(migration, op)

    def _apply(self, migration: Migration, op: Operation) -> None:
        key = (migration.app, op.model)
        match op.kind:
            case "":
                self.opaque.append((migration.key, op))
            case "SeparateDatabaseAndState" | "RunSQL":
                inner = op.arguments.get("state_operations")
                if inner is not None and not isinstance(inner, Sequence) and inner != Literal(None):
                    self.opaque.append((migration.key, op))
                self.replay(migration, op.state_operations)
                if op.kind == "SeparateDatabaseAndState" and not op.database_operations:
                    self._keep_tables(migration, op)
            case "CreateModel":
                self.models[key] = created_model(migration, op)
            case "DeleteModel":
                self.models.pop(key, None)
            case "RenameModel" if key in self.models:
                self._rename_model(key, op)
            case _ if key in self.models:
                self.missing += _missing(self.models[key], op)
                self.models[key] = changed_model(self.models[key], op)
            case _ if op.model:
                self.dropped.append((migration, op))

    def _keep_tables(self, migration: Migration, op: Operation) -> None:
        """Clear ``made_by`` of models that are created only in the state: their tables already existed."""
        for each in op.state_operations:
            key = (migration.app, each.model)
            if each.kind == "CreateModel" and key in self.models:
                self.models[key] = replace(self.models[key], made_by=("", ""))

    def _rename_model(self, key: Key, op: Operation) -> None:
        name = op.text("new_name")
        model = self.models.pop(key)
        self.models[key[0], name.lower()] = replace(model, name=name)
        self.renames += (Rename(key, f"{key[0]}.{name}", op),)
        self.repoint(key, f"{key[0]}.{name}", self.models.apps)

    def repoint(self, old: Key, label: str, apps: Iterable[str]) -> None:
        """Point every relation of the models of ``apps`` to ``old`` at the model ``label``."""
        pointing = {
            model.key: model
            for app in tuple(apps)
            for model, _ in self.models.apps.get(app, AppModels()).related_to(old, self.facts)
        }
        for key, model in pointing.items():
            fields = {
                name: Field(name, _repointed(each, key, old, label, self.facts)) for name, each in model.fields.items()
            }
            self.models[key] = replace(model, fields=fields)


def _missing(model: Model, op: Operation) -> list[str]:
    """The fields that an operation names but ``model`` doesn't have."""
    named = [op.text("name")] if op.kind in ("AlterField", "RemoveField") else []
    named += [op.text("old_name")] if op.kind == "RenameField" else []
    for argument in ("unique_together", "index_together"):
        named += [name for names in together(op.arguments.get(argument)) for name in names]
    for argument in ("index", "constraint"):
        value = op.arguments.get(argument)
        fields = value.keyword("fields") if isinstance(value, Call) else None
        named += [str(item.value).lstrip("-") for item in items_of(fields) if isinstance(item, Literal)]
    if all(name in model.fields for name in named):  # the usual case; collecting column names takes longer
        return []
    known = {*model.fields, *(each.column for each in model.fields.values()), "_order", "pk"}
    return [f"{model.label}.{name}" for name in named if name not in known]


def _repointed(each: Field, key: Key, old: Key, label: str, facts: Facts) -> Value:
    if not isinstance(each.value, Call) or old not in each.related(*key, facts):
        return each.value
    positional = 0
    arguments = []
    for arg in each.value.arguments:
        is_to = arg.keyword in ("to", "through") or (arg.keyword is None and positional == 0)
        positional += arg.keyword is None
        if (
            is_to
            and isinstance(arg.value, Literal)
            and model_key(arg.value, *key, facts) == old
            and arg.value.value != "self"
        ):
            arg = Argument(arg.keyword, Literal(label))
        arguments.append(arg)
    return replace(each.value, arguments=tuple(arguments))
