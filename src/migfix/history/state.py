"""Models and fields after some operations, read from source: what Django's ProjectState is for a loaded project."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from migfix.history.facts import Facts
from migfix.history.fields import Field, model_key, together
from migfix.model import Argument, Call, Dictionary, Key, Literal, Migration, Operation, Sequence, Value

_ALTERED_OPTIONS = frozenset(
    # django/db/migrations/operations/models.py, AlterModelOptions.ALTER_OPTION_KEYS
    [
        "base_manager_name",
        "default_manager_name",
        "default_related_name",
        "get_latest_by",
        "managed",
        "ordering",
        "permissions",
        "default_permissions",
        "select_on_save",
        "verbose_name",
        "verbose_name_plural",
    ]
)


@dataclass(frozen=True)
class Model:
    """A historical model."""

    app: str
    name: str
    fields: dict[str, Field]
    options: dict[str, Value] = field(default_factory=dict)
    bases: tuple[Value, ...] = ()
    managers: Value | None = None
    made_by: Key = ("", "")
    """The migration with its CreateModel."""

    @property
    def label(self) -> str:
        return f"{self.app}.{self.name}"

    @property
    def key(self) -> Key:
        return self.app, self.name.lower()

    @property
    def table(self) -> str:
        value = self.options.get("db_table")
        return str(value.value) if isinstance(value, Literal) and value.value else f"{self.app}_{self.name.lower()}"

    @property
    def has_own_table(self) -> bool:
        """Whether Django keeps a table for it: not for a proxy, nor for a model that isn't managed."""
        return self.options.get("proxy") != Literal(True) and self.options.get("managed") != Literal(False)

    @property
    def primary_key(self) -> Field | None:
        return next((each for each in self.fields.values() if each.is_true("primary_key")), None)

    def parents(self, facts: Facts) -> tuple[Key, ...]:
        """The concrete models it inherits from."""
        return tuple(key for base in self.bases if (key := model_key(base, self.app, "", facts)))

    @property
    def has_managers(self) -> bool:
        return isinstance(self.managers, Sequence) and bool(self.managers.items)


class State:
    """All models known at a point, and the opaque operations met on the way."""

    def __init__(self, facts: Facts) -> None:
        self.facts = facts
        self.models: dict[Key, Model] = {}
        self.opaque: list[tuple[Key, Operation]] = []
        self.missing: list[str] = []
        """Fields that an operation names and the model doesn't have at that point."""
        self.dropped: list[tuple[Migration, Operation]] = []
        """Operations on a model that wasn't there."""
        self.renamed: dict[Key, str] = {}
        """Old model key -> new label, for references from apps that are replayed out of order."""

    def copy(self) -> State:
        """The state as it is now, whatever is replayed later."""
        copied = State(self.facts)
        copied.models, copied.renamed = dict(self.models), dict(self.renamed)
        copied.opaque, copied.missing, copied.dropped = list(self.opaque), list(self.missing), list(self.dropped)
        return copied

    def replay(self, migration: Migration, operations: Iterable[Operation]) -> None:
        """Let ``operations`` of ``migration`` change the state, in order."""
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
                self._rename_model(key, op.text("new_name"))
            case _ if key in self.models:
                self.missing += _missing(self.models[key], op)
                self.models[key] = changed_model(self.models[key], op)
            case _ if op.model:
                self.dropped.append((migration, op))

    def _keep_tables(self, migration: Migration, op: Operation) -> None:
        """A model that is made in the state only has a table that was there before."""
        for each in op.state_operations:
            key = (migration.app, each.model)
            if each.kind == "CreateModel" and key in self.models:
                self.models[key] = replace(self.models[key], made_by=("", ""))

    def _rename_model(self, key: Key, name: str) -> None:
        model = self.models.pop(key)
        self.models[key[0], name.lower()] = replace(model, name=name)
        self.renamed[key] = f"{key[0]}.{name}"
        self.repoint(key, f"{key[0]}.{name}")

    def repoint(self, old: Key, label: str) -> None:
        """Let every relation to ``old`` point at the model ``label``."""
        for key, model in self.models.items():
            fields = {
                name: Field(name, _repointed(each, key, old, label, self.facts)) for name, each in model.fields.items()
            }
            self.models[key] = replace(model, fields=fields)


def _missing(model: Model, op: Operation) -> list[str]:
    """The fields of ``model`` that an operation names although they aren't there."""
    named = [op.text("name")] if op.kind in ("AlterField", "RemoveField") else []
    named += [op.text("old_name")] if op.kind == "RenameField" else []
    for argument in ("unique_together", "index_together"):
        named += [name for names in together(op.arguments.get(argument)) for name in names]
    for argument in ("index", "constraint"):
        value = op.arguments.get(argument)
        fields = value.keyword("fields") if isinstance(value, Call) else None
        named += [str(item.value).lstrip("-") for item in items_of(fields) if isinstance(item, Literal)]
    if all(name in model.fields for name in named):  # most name a field, and a column costs more to find
        return []
    known = {*model.fields, *(each.column for each in model.fields.values()), "_order", "pk"}
    return [f"{model.label}.{name}" for name in named if name not in known]


def created_model(migration: Migration, op: Operation) -> Model:
    """The model of a CreateModel."""
    fields = op.arguments.get("fields")
    pairs = [item.items for item in fields.items if isinstance(item, Sequence)] if isinstance(fields, Sequence) else []
    named = [(pair[0].value, pair[1]) for pair in pairs if len(pair) == 2 and isinstance(pair[0], Literal)]
    options, bases = op.arguments.get("options"), op.arguments.get("bases")
    return Model(
        app=migration.app,
        name=op.text("name"),
        fields={str(name): Field(str(name), value) for name, value in named},
        options={str(k.value): v for k, v in options.pairs if isinstance(k, Literal)}
        if isinstance(options, Dictionary)
        else {},
        bases=bases.items if isinstance(bases, Sequence) else (),
        managers=op.arguments.get("managers"),
        made_by=migration.key,
    )


def changed_model(model: Model, op: Operation) -> Model:
    """The model after an operation on it; unchanged by operations that don't touch the state."""
    match op.kind:
        case "AddField" | "AlterField":
            return replace(model, fields=model.fields | {op.text("name"): Field(op.text("name"), kept_field(op))})
        case "RemoveField":
            return replace(model, fields={name: each for name, each in model.fields.items() if name != op.text("name")})
        case "RenameField":
            return _renamed_field(model, op.text("old_name"), op.text("new_name"))
        case "AlterModelManagers":
            return replace(model, managers=op.arguments.get("managers"))
        case "AlterModelOptions":
            kept = {name: value for name, value in model.options.items() if name not in _ALTERED_OPTIONS}
            new = op.arguments.get("options")
            return replace(
                model,
                options=kept
                | (
                    {str(k.value): v for k, v in new.pairs if isinstance(k, Literal)}
                    if isinstance(new, Dictionary)
                    else {}
                ),
            )
    return replace(model, options=_changed_options(model.options, op))


def kept_field(op: Operation) -> Value:
    """The field that stays in the state: without its default where that was for existing rows only."""
    value = op.arguments.get("field", Literal(None))
    if op.arguments.get("preserve_default") == Literal(False) and isinstance(value, Call):
        return replace(value, arguments=tuple(arg for arg in value.arguments if arg.keyword != "default"))
    return value


def _changed_options(options: dict[str, Value], op: Operation) -> dict[str, Value]:
    simple = {
        "AlterUniqueTogether": "unique_together",
        "AlterIndexTogether": "index_together",
        "AlterOrderWithRespectTo": "order_with_respect_to",
        "AlterModelTable": "table",
        "AlterModelTableComment": "table_comment",
    }
    if op.kind in simple:
        argument = simple[op.kind]
        return options | {
            f"db_{argument}" if argument.startswith("table") else argument: op.arguments.get(argument, Literal(None))
        }
    match op.kind:
        case "AddIndex" | "AddIndexConcurrently":
            return _appended(options, "indexes", op.arguments.get("index"))
        case "RemoveIndex" | "RemoveIndexConcurrently":
            return _without(options, "indexes", op.text("name"))
        case "RenameIndex":
            return _renamed_index(options, op)
        case "AddConstraint" | "AddConstraintNotValid":
            return _appended(options, "constraints", op.arguments.get("constraint"))
        case "RemoveConstraint":
            return _without(options, "constraints", op.text("name"))
        case "AlterConstraint":
            return _appended(
                _without(options, "constraints", op.text("name")), "constraints", op.arguments.get("constraint")
            )
    return options


def _renamed_index(options: dict[str, Value], op: Operation) -> dict[str, Value]:
    old = op.text("old_name")
    found = next((item for item in items_of(options.get("indexes")) if _is_named(item, old)), None)
    if not isinstance(found, Call):
        return options
    arguments = tuple(
        Argument("name", op.arguments["new_name"]) if arg.keyword == "name" else arg for arg in found.arguments
    )
    return _appended(_without(options, "indexes", old), "indexes", replace(found, arguments=arguments))


def _appended(options: dict[str, Value], name: str, item: Value | None) -> dict[str, Value]:
    return options | {name: Sequence("list", (*items_of(options.get(name)), *([item] if item else [])))}


def _without(options: dict[str, Value], name: str, item: str) -> dict[str, Value]:
    return options | {
        name: Sequence("list", tuple(each for each in items_of(options.get(name)) if not _is_named(each, item)))
    }


def _is_named(value: Value, name: str) -> bool:
    return isinstance(value, Call) and value.keyword("name") == Literal(name)


def items_of(value: Value | None) -> tuple[Value, ...]:
    """The items of a list, or nothing."""
    return value.items if isinstance(value, Sequence) else ()


def _renamed_field(model: Model, old: str, new: str) -> Model:
    def renamed(value: Value) -> Value:
        if value == Literal(old):
            return Literal(new)
        return replace(value, items=tuple(map(renamed, value.items))) if isinstance(value, Sequence) else value

    options = {
        name: renamed(value) if name in ("unique_together", "index_together", "order_with_respect_to") else value
        for name, value in model.options.items()
    }
    fields = {
        new if name == old else name: Field(new if name == old else name, each.value)
        for name, each in model.fields.items()
    }
    return replace(model, fields=fields, options=options)


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
