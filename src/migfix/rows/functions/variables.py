"""The names of parameters, variables and models in a generated function. None hides a name that the code reads."""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import Iterable
from dataclasses import dataclass, field

from migfix.history.model import Model
from migfix.source.formatting import free_name
from migfix.source.migration import Key
from migfix.source.writer import CannotWrite

_OTHERWISE = {
    "apps": "registry",
    "schema_editor": "editor",
    "alias": "database",
    "rows": "queryset",
    "row": "instance",
    "batch": "chunk",
    "empty": "unfilled",
    "connection": "database_connection",
    "cursor": "database_cursor",
    "field": "model_field",
    "key": "primary_key",
    "keys": "primary_keys",
    "pk": "primary_key_value",
    "quote": "quote_name",
    "update": "statement",
    "value": "old_value",
    "values": "new_values",
}
"""Names in a generated function -> the name to use instead if the file's code uses the first for something else."""
_IMPORTED = ("RandomUUID", "datetime", "decimal", "models", "no_style", "router", "timezone", "uuid")
_OWN = frozenset((*_OTHERWISE, *_OTHERWISE.values(), "child", "children", "model", "sql", *_IMPORTED))


@dataclass(frozen=True)
class Variables:
    """The names of one generated function. It uses ``models``, and code of the file that reads the names ``read``."""

    models: tuple[Model, ...]
    read: frozenset[str] = frozenset()
    _names: dict[Key, str] = field(init=False, compare=False, default_factory=dict)

    def __post_init__(self) -> None:
        names = [model.name for model in self.models]
        taken = {*_OWN, *self.read, *dir(builtins), *keyword.kwlist}
        for model in self.models:
            is_alone = names.count(model.name) == 1
            name = model.name if is_alone else model.app.title().replace("_", "") + model.name
            self._names[model.key] = free_name(f"{name}_model" if name in taken else name, taken)
            taken.add(self._names[model.key])

    def of(self, model: Model) -> str:
        """The variable of a model: the model's name, with the app if two models have the same name."""
        return self._names[model.key]

    def own(self, name: str) -> str:
        """The name of a parameter or variable: ``name``, unless the code uses that name for something else."""
        return name if name not in self.read else free_name(_OTHERWISE[name], self.read)

    def rows(self, model: Model) -> str:
        """The code for all rows: ``.objects``, or ``._base_manager`` if the state has managers, which may hide rows.

        Raises CannotWrite if the state says which manager is the base manager.
        """
        if model.has_managers and "base_manager_name" in model.options:
            raise CannotWrite(f"the base manager of {model.label} is one of its own, which may hide rows")
        manager = "_base_manager" if model.has_managers else "objects"
        return f"{self.of(model)}.{manager}.using({self.own('alias')})"


def roots(*codes: str) -> frozenset[str]:
    """The names at the root of expressions: ``apps`` of ``apps.blog.models.make_label()``."""
    nodes = [node for code in codes for node in ast.walk(ast.parse(code, mode="eval"))]
    return frozenset(node.id for node in nodes if isinstance(node, ast.Name))


def unique(models: Iterable[Model]) -> tuple[Model, ...]:
    """The models without duplicates."""
    return tuple({model.key: model for model in models}.values())
