"""Where data functions use live models."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal as OneOf

from migfix.history import History
from migfix.rules.use_historical_model.classes import imports_of
from migfix.rules.use_historical_model.models import (
    USER_MODEL,
    LiveModel,
    Unknown,
    live_model,
    model_called,
    module_bindings,
    user_model,
)
from migfix.source.data_functions.data_steps import running
from migfix.source.data_functions.scopes import module_names_read
from migfix.source.formatting import free_name
from migfix.source.migration import Function, Import, Migration, Span
from migfix.source.parse import syntax_tree

Kind = OneOf["name", "statement", "call", "registry"]
"""A name, an import statement, a call of get_user_model(), or the name of the live registry."""
REGISTRY = "django.apps.apps"


@dataclass(frozen=True)
class Use:
    """A live model under one name in a function."""

    variable: str
    """The name that the function has for it; "" if it has none."""
    model: LiveModel | Unknown
    seen_as: str
    """How the code names it: ``Post``, ``models.Post``, ``get_user_model()``."""
    place: Span | None = None
    """The code that the historical model replaces; None for a name that the file imports."""
    kind: Kind = "name"


@dataclass(frozen=True)
class DataFunction:
    """A function that a RunPython runs, directly or through another function of the file."""

    function: Function
    index: int
    """The index of the first operation that runs it."""
    apps: str | None
    """Its name for the historical registry; None if the registry isn't passed to it."""
    uses: tuple[Use, ...] = field(default=())

    @property
    def node(self) -> ast.FunctionDef:
        node = syntax_tree(self.function.code).body[0]
        assert isinstance(node, ast.FunctionDef)
        return node

    @property
    def first(self) -> ast.stmt:
        """The first statement after the docstring."""
        body = self.node.body
        return body[1 if ast.get_docstring(self.node, clean=False) is not None and len(body) > 1 else 0]

    @property
    def shares_lines(self) -> bool:
        """Whether a statement at which something must be written shares its line with others."""
        lines = self.function.code.split("\n")
        places = [(self.first.lineno, self.first.col_offset, 0, 0)]
        for use in self.uses:
            if use.place and use.kind == "statement":
                start, column, last, end = use.place
                places.append((start - self.offset, column, last - self.offset, end))
        for start, column, last, end in places:
            after = lines[last - 1].encode()[end:].decode().strip() if last else ""
            if lines[start - 1].encode()[:column].strip() or (after and not after.startswith("#")):
                return True
        return False

    @property
    def offset(self) -> int:
        """What to add to a line number in the function's code to get the line number in the file."""
        return self.function.line - self.node.lineno


def data_functions(migration: Migration, history: History) -> Iterator[DataFunction]:
    """Every function of the file that a RunPython runs and that uses a live model."""
    bound = module_bindings(migration, history)
    for function, index, apps in running(migration):
        each = DataFunction(function, index, apps)
        uses = tuple(_uses(migration, each, bound, history))
        if uses:
            yield DataFunction(function, index, apps, uses)


def _uses(
    migration: Migration, each: DataFunction, bound: dict[str, LiveModel | Unknown], history: History
) -> Iterator[Use]:
    node, free = each.node, module_names_read(each.function.code, each.function.name)
    first = {name.id: (name.lineno, name.col_offset) for name in reversed(names_in(node))}
    for name in sorted(free & bound.keys(), key=lambda name: first.get(name, (0, 0))):
        yield Use(name, bound[name], name)
    stars = [given.module for given in migration.imports if given.name == "*"]
    for name in sorted(free - bound.keys() - migration.bound) if stars else ():
        found = (live_model(history, module, name, migration.path) for module in stars)
        if starred := next((each for each in found if isinstance(each, LiveModel)), None):
            yield Use(name, starred, name)
    imports = [given for given in migration.imports if given.bound in free and given.bound not in bound]
    modules = {shown: module for given in imports for shown, module in _modules(given)}
    arguments = {each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg)}
    variables = _Variables({name.id for name in names_in(node)} | arguments)
    for inner in ast.walk(node):
        if isinstance(inner, ast.ImportFrom):
            yield from _imported_here(inner, each, migration, history)
        elif isinstance(inner, ast.Attribute) and (module := modules.get(ast.unparse(inner.value))):
            model = live_model(history, module, inner.attr, migration.path)
            if model:
                yield Use(variables.of(inner.attr, model), model, ast.unparse(inner), _span(inner, each))
        elif isinstance(inner, ast.Call):
            yield from _called(inner, each, free, migration, history)


class _Variables:
    """Variables for models that a function reaches through a module. They mean nothing else in the function."""

    def __init__(self, taken: set[str]) -> None:
        self.taken = taken
        self.chosen: dict[str, str] = {}

    def of(self, name: str, model: LiveModel | Unknown) -> str:
        if model.label not in self.chosen:
            longer = f"{model.app.title().replace('_', '')}{name}" if isinstance(model, LiveModel) else name
            self.chosen[model.label] = name if name not in self.taken else free_name(longer, self.taken)
            self.taken.add(self.chosen[model.label])
        return self.chosen[model.label]


def names_in(node: ast.AST) -> list[ast.Name]:
    return [each for each in ast.walk(node) if isinstance(each, ast.Name)]


def _modules(each: Import) -> Iterator[tuple[str, str]]:
    """The name in the code of a module that an import may bind, and the module's dotted name."""
    if each.name is None:
        yield (each.module if each.bound == each.module.partition(".")[0] else each.bound), each.module
    else:
        yield each.bound, f"{each.module}{'' if each.module.endswith('.') else '.'}{each.name}"


def _imported_here(node: ast.ImportFrom, each: DataFunction, migration: Migration, history: History) -> Iterator[Use]:
    module = "." * node.level + (node.module or "")
    for alias in node.names:
        model = live_model(history, module, alias.name, migration.path)
        if model:
            bound = alias.asname or alias.name
            yield Use(bound, model, bound, _span(node, each), "statement")


def _called(
    call: ast.Call, each: DataFunction, free: frozenset[str], migration: Migration, history: History
) -> Iterator[Use]:
    """Calls of ``get_user_model()``, and of ``get_model()`` of the live registry."""
    given = [(one.module, one.name or "", one.bound) for one in migration.imports if one.bound in free]
    root, _, rest = ast.unparse(call.func).partition(".")
    names = [(module, name) for module, name, bound in [*given, *imports_of(each.node)] if bound == root]
    dotted = {".".join(filter(None, (module, name, rest))) for module, name in names}
    if USER_MODEL in dotted:
        yield Use("", user_model(history), _seen_as(call, each.node), _span(call, each), "call")
    labels = [arg.value for arg in call.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
    app, _, name = ".".join(labels).partition(".")
    if f"{REGISTRY}.get_model" in dotted and isinstance(call.func, ast.Attribute) and len(labels) == len(call.args):
        if model := model_called(history, app, name):
            yield Use("", model, _seen_as(call, each.node), _span(call.func.value, each), "registry")


def _seen_as(call: ast.Call, function: ast.FunctionDef) -> str:
    """The variable that the result of a call is assigned to, or the call itself."""
    text = ast.unparse(call)
    for each in ast.walk(function):
        if isinstance(each, ast.Assign) and ast.unparse(each.value) == text and isinstance(each.targets[0], ast.Name):
            return each.targets[0].id
    return text


def _span(node: ast.expr | ast.stmt, each: DataFunction) -> Span:
    first, last = node.lineno + each.offset, (node.end_lineno or node.lineno) + each.offset
    return first, node.col_offset, last, node.end_col_offset or 0
