"""What a generated function calls its parameters, its variables and its models: no name hides another that it reads."""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import Iterable
from dataclasses import dataclass, field

from migfix.history.model import Model
from migfix.source.formatting import free_name
from migfix.source.migration import Key

_OTHERWISE = {
    "apps": "registry",
    "schema_editor": "editor",
    "alias": "database",
    "rows": "queryset",
    "row": "instance",
    "batch": "chunk",
    "empty": "unfilled",
}
"""Names that a generated function gives, and what it says instead where its code means something else by one."""
_IMPORTED = ("datetime", "decimal", "models", "no_style", "router", "timezone", "uuid")
_OWN = frozenset((*_OTHERWISE, *_OTHERWISE.values(), "child", "children", "model", "sql", *_IMPORTED))


@dataclass(frozen=True)
class Variables:
    """The names of one generated function that uses ``models`` and code of the file that reads the names ``read``."""

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
        """The variable of a model: its name, with the app where two have the same."""
        return self._names[model.key]

    def own(self, name: str) -> str:
        """A parameter or variable of the function: ``name``, unless the code it uses means something else by that."""
        return name if name not in self.read else free_name(_OTHERWISE[name], self.read)

    def rows(self, model: Model) -> str:
        """All rows: ``.objects``, or ``._base_manager`` where the state declares managers, which may hide some."""
        manager = "_base_manager" if model.has_managers else "objects"
        return f"{self.of(model)}.{manager}.using({self.own('alias')})"


def roots(*codes: str) -> frozenset[str]:
    """The names that expressions begin with: ``apps`` of ``apps.blog.models.make_label()``."""
    nodes = [node for code in codes for node in ast.walk(ast.parse(code, mode="eval"))]
    return frozenset(node.id for node in nodes if isinstance(node, ast.Name))


def unique(models: Iterable[Model]) -> tuple[Model, ...]:
    """The models, each once."""
    return tuple({model.key: model for model in models}.values())
