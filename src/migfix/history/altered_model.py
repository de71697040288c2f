"""A historical model after an operation, as Django's ``state_forwards`` changes it."""

from __future__ import annotations

from dataclasses import replace

from migfix.history.fields import Field
from migfix.history.model import Model, by_name, items_of
from migfix.source.migration import Argument, Call, Literal, Operation, Sequence, Value

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


def changed_model(model: Model, op: Operation) -> Model:
    """The model after an operation on it; unchanged if the operation doesn't affect the state."""
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
            return replace(model, options=kept | by_name(op.arguments.get("options")))
    return replace(model, options=_changed_options(model.options, op))


def kept_field(op: Operation) -> Value:
    """The field that stays in the state: without its default if ``preserve_default`` is False."""
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
