"""Why a migration can't be read: its class isn't in the one form whose meaning is clear without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from keyword import iskeyword

from migfix.source.migration import Literal, Operation, Sequence, Value

LISTS = ("operations", "dependencies")
_DYNAMIC = frozenset({"exec", "eval", "globals", "locals", "vars"})
"""Functions through which code can change a class without naming it."""

_NAMED = {
    **dict.fromkeys(["CreateModel", "DeleteModel"], ("name",)),
    **dict.fromkeys(["AddField", "RemoveField", "AlterField"], ("model_name", "name")),
    "RenameModel": ("old_name", "new_name"),
    "RenameField": ("model_name", "old_name", "new_name"),
}
"""The arguments of an operation that name a model or a field. They must be Python identifiers."""
_KEYWORDS = ("False", "None", "True")
LONGEST = 100
"""Maximum length of such a name. Django limits generated migration names to 52, most databases columns to 64."""

Unread = tuple[int, str]
"""The line, and the reason."""


def why_unread(tree: ast.Module, node: ast.ClassDef, attributes: dict[str, ast.expr]) -> Unread | None:
    """Where and why the migration class ``node`` of a module can't be read, or None.

    A readable class has no decorators, sets ``operations`` and ``dependencies`` at most once each to a literal list,
    and isn't used by the rest of the module.
    """
    found = (
        *_built("operations", attributes),
        *_odd_class(node),
        *_changes(node),
        *_changed_later(tree, node),
        *_built("dependencies", attributes),  # last, because the operations can still be read
    )
    return found[0] if found else None


def _built(name: str, attributes: dict[str, ast.expr]) -> Iterator[Unread]:
    value = attributes.get(name)
    is_list = isinstance(value, ast.List | ast.Tuple) and not any(isinstance(item, ast.Starred) for item in value.elts)
    if value is not None and not is_list:
        yield value.lineno, f"`{name}` is not a plain list: it is built by code"


def _odd_class(node: ast.ClassDef) -> Iterator[Unread]:
    if node.body[0].lineno == node.lineno:
        yield node.lineno, "the class is on one line"
    if node.decorator_list or node.keywords:
        yield node.lineno, "the class is made by code: it has a decorator or a metaclass"
    is_derived = node.bases and ast.unparse(node.bases[0]).rpartition(".")[2] != "Migration"
    if is_derived and not any("operations" in _set_by(each) for each in node.body):
        yield node.lineno, "`operations` comes from a base class"


def _changes(node: ast.ClassDef) -> Iterator[Unread]:
    """Statements in the class, other than plain assignments, that may change its lists."""
    seen: set[str] = set()
    for statement in node.body:
        names = [name for name in _set_by(statement) if name in LISTS]
        if isinstance(statement, ast.Assign | ast.AnnAssign) and names:
            if isinstance(statement, ast.Assign) and (len(statement.targets) > 1 or len(names) > 1):
                yield statement.lineno, f"`{names[0]}` is bound to a second name"
            if names[0] in seen:
                yield statement.lineno, f"`{names[0]}` is set twice"
            seen.update(names)
        elif isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
            if statement.name in LISTS or (statement.name in ("__init__", "__new__") and _sets_lists(statement)):
                yield statement.lineno, f"`{statement.name}()` may change the lists"
            for outer in (*statement.decorator_list, *statement.args.defaults):  # its body has its own names
                yield from _mentions(outer, frozenset(LISTS) | _DYNAMIC)
        else:
            yield from _mentions(statement, frozenset(LISTS) | _DYNAMIC)


def _sets_lists(function: ast.AST) -> bool:
    """Whether a method may access the lists, by name or dynamically."""
    nodes = list(ast.walk(function))
    attributes = {each.attr for each in nodes if isinstance(each, ast.Attribute)}
    names = {each.id for each in nodes if isinstance(each, ast.Name)}
    return bool(attributes & {*LISTS, "__dict__"} or names & {"setattr", *_DYNAMIC})


def _set_by(statement: ast.stmt) -> list[str]:
    targets = statement.targets if isinstance(statement, ast.Assign) else [getattr(statement, "target", None)]
    return [each.id for target in targets if target for each in ast.walk(target) if isinstance(each, ast.Name)]


def _mentions(statement: ast.AST, names: frozenset[str]) -> Iterator[Unread]:
    for inner in ast.walk(statement):
        if isinstance(inner, ast.Name) and inner.id in names:
            what = f"`{inner.id}` is changed after it is set" if inner.id in LISTS else f"`{inner.id}()` may change it"
            yield inner.lineno, what


def _changed_later(tree: ast.Module, node: ast.ClassDef) -> Iterator[Unread]:
    """Code that uses the class again by name, or could change it dynamically when the module is imported."""
    for statement in tree.body:
        is_function = isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef)
        if isinstance(statement, ast.ClassDef) and statement.name == "Migration" and statement is not node:
            yield statement.lineno, "`Migration` is defined twice"
        if statement is node or (statement.lineno < node.lineno and not is_function):
            continue
        is_run = not is_function and not isinstance(statement, ast.ClassDef)
        for inner in ast.walk(statement):
            match inner:
                case ast.Name(id="Migration") | ast.ClassDef(name="Migration") if not _binds_its_own(statement):
                    yield inner.lineno, "`Migration` is changed after the class"
                case ast.Name(id=name) if is_run and name in _DYNAMIC:
                    yield inner.lineno, f"`{name}()` may change the class"


def _binds_its_own(statement: ast.stmt) -> bool:
    """Whether a function uses the name ``Migration`` for something else, such as a model with that name."""
    if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    nodes = list(ast.walk(statement))
    parameters = [each.arg for each in nodes if isinstance(each, ast.arg)]
    bound = [each.id for each in nodes if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)]
    bound += [each.asname or each.name for each in nodes if isinstance(each, ast.alias)]
    bound += [each.name for each in nodes if isinstance(each, ast.ClassDef)]
    return "Migration" in (*parameters, *bound) and not any(isinstance(each, ast.Global) for each in nodes)


def odd_names(operations: Iterable[Operation]) -> Iterator[Unread]:
    """Models and fields whose names aren't valid Python identifiers. File and function names are derived from them."""
    for top in operations:
        for op in (top, *top.inner):
            for each, is_model in _names_given(op):
                if isinstance(each, Literal) and not _is_name(each.value, is_model):
                    shown = repr(each.value) if len(repr(each.value)) < LONGEST else "this"
                    yield top.line, f"{shown} can't be the name of a model or a field"
                elif each is not None and not isinstance(each, Literal):
                    yield top.line, "the name of a model or a field is built by code"


def _names_given(op: Operation) -> Iterator[tuple[Value | None, bool]]:
    """The names in an operation, and whether each is one of a model."""
    for name in _NAMED.get(op.kind, ()):
        yield op.arguments.get(name), name == "model_name" or op.kind.endswith("Model")
    fields = op.arguments.get("fields") if op.kind == "CreateModel" else None
    for each in fields.items if isinstance(fields, Sequence) else ():
        if isinstance(each, Sequence) and each.items:
            yield each.items[0], False


def _is_name(value: object, is_model: bool) -> bool:
    """Whether it is an identifier, also one that is a keyword in lowercase: a model may have the name Return."""
    if not isinstance(value, str) or not value.isidentifier() or len(value) > LONGEST:
        return False
    return not iskeyword(value) or (is_model and value not in _KEYWORDS)
