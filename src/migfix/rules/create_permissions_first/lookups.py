"""Lookups of permissions, content types and the site, which Django creates after the last migration."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from migfix.history import History
from migfix.history.dependencies import CONTRIB
from migfix.history.fields import strings_in
from migfix.history.model import Model
from migfix.history.state import State
from migfix.source.data_functions.data_steps import running
from migfix.source.data_functions.scopes import module_names_read
from migfix.source.migration import Key, Migration
from migfix.source.parse import syntax_tree

PERMISSION: Key = ("auth", "permission")
CONTENT_TYPE: Key = ("contenttypes", "contenttype")
SITE: Key = ("sites", "site")
MAKERS = frozenset(
    (
        *("create_permissions", "create_contenttypes", "create_default_site"),
        *("emit_post_migrate_signal", "update_contenttypes", "call_command"),
    )
)
"""Calls after which the rows exist."""
_WORDS = {PERMISSION: (b"Permission", b"permission"), CONTENT_TYPE: (b"ContentType", b"contenttype"), SITE: (b"Site",)}
_CREATES = frozenset({"create", "bulk_create", "get_or_create", "update_or_create", "get_for_model"})
_GETS = frozenset({"get", "get_by_natural_key", "get_current"})
_LINKS = frozenset({"add", "set"})
_LABELS = frozenset(
    f"{prefix}app_label{suffix}" for prefix in ("", "content_type__") for suffix in ("", "__in", "__exact")
)
_CODENAMES = frozenset({"codename", "codename__in", "codename__exact"})
_MODELS = frozenset({"model", "model__in", "content_type__model", "content_type__model__in"})


@dataclass(frozen=True)
class Lookup:
    """One query for rows that may not exist, and what it looks for, as far as that can be read."""

    model: Key
    line: int
    labels: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    """Codenames and model names."""
    has_type: bool = False
    """Whether it filters by a content type, which was looked up itself."""


@dataclass(frozen=True)
class DataStep:
    """An operation with such lookups, and the function with the first of them."""

    index: int
    function: str
    lookups: tuple[Lookup, ...]

    @property
    def needs_site(self) -> bool:
        return self.lookups[0].model == SITE

    @property
    def needs_permissions(self) -> bool:
        return any(each.model == PERMISSION for each in self.lookups)

    def labels(self, state: State) -> tuple[str, ...]:
        """The apps whose rows are looked up; empty, which means all apps, if one of them can't be read."""
        found: set[str] = set()
        for each in self.lookups:
            named = {model.app for name in each.names for model in state.models.values() if _is_of(name, model)}
            labels = set(each.labels) or named
            if not labels and not each.has_type:
                return ()
            found |= labels
        return tuple(sorted(found))


def unknown_apps(labels: tuple[str, ...], state: State, history: History) -> list[str]:
    """The ``labels`` of apps that are found neither in the project nor in an installed package."""
    there = {model.app for model in state.models.values()} | CONTRIB.keys()
    return [each for each in labels if each not in there and not history.app(each) and not history.whole.app(each)]


def _is_of(name: str, model: Model) -> bool:
    """Whether a codename or model name (``add_post``, ``post``, a custom permission) belongs to a model."""
    lower = model.name.lower()
    usual = {lower, *(f"{verb}_{lower}" for verb in ("add", "change", "delete", "view"))}
    return name.lower() in usual or name in strings_in(model.options.get("permissions"))


def lookups_of(migration: Migration, history: History) -> Iterator[DataStep]:
    """The operations of a migration that, going forward, look for rows which nothing creates before them."""
    found: dict[int, list[tuple[str, Lookup]]] = {}
    for function, index, _ in running(migration, ("code",)):
        names = module_names_read(function.code, function.name)
        if MAKERS & names or any(f"{maker}(" in function.code for maker in MAKERS):
            return
        node = syntax_tree(function.code).body[0]
        assert isinstance(node, ast.FunctionDef)
        found.setdefault(index, []).extend((function.name, each) for each in _lookups(node, function.line))
    for index, pairs in sorted(found.items()):
        missing = [pair for pair in pairs if not _is_made_before(pair[1], migration, history)]
        if missing:
            yield DataStep(index, missing[0][0], tuple(each for _, each in missing))


def _is_made_before(lookup: Lookup, migration: Migration, history: History) -> bool:
    """Whether a data function of an earlier migration creates such rows and mentions all that the lookup names."""
    for each in history.before(migration):
        if b"create" not in each.source or not any(word in each.source for word in _WORDS[lookup.model]):
            continue
        for function, _, _ in running(each, ("code",)):
            makes = any(
                isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _CREATES
                for call in ast.walk(syntax_tree(function.code))
            )
            is_named = all(text in function.code for text in (*lookup.labels, *lookup.names))
            if (makes and is_named) or any(maker in function.code for maker in MAKERS):
                return True
    return False


def _lookups(node: ast.FunctionDef, line: int) -> Iterator[Lookup]:
    models = _models(node)
    caught = _caught(node)
    linked = _linked(node)
    for call in (each for each in ast.walk(node) if isinstance(each, ast.Call)):
        if not isinstance(call.func, ast.Attribute) or _root(call) not in models:
            continue
        model = models[_root(call)]
        is_asked = call.func.attr in _GETS and call not in caught
        if is_asked or (call.func.attr in ("filter", "exclude", "all") and call in linked):
            yield _lookup(call, model, line + call.lineno - node.lineno)


def _models(node: ast.FunctionDef) -> dict[str, Key]:
    """The variables and calls in a function that mean one of the models."""
    found = {}
    for each in ast.walk(node):
        match each:
            case ast.Call(func=ast.Attribute(attr="get_model"), args=args):
                label = ".".join(str(arg.value) for arg in args if isinstance(arg, ast.Constant)).lower()
                key = next((key for key in (PERMISSION, CONTENT_TYPE, SITE) if ".".join(key) == label), None)
                if key:
                    found[ast.unparse(each)] = key
    for each in ast.walk(node):
        match each:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if ast.unparse(value) in found:
                found[name] = found[ast.unparse(value)]
    return found


def _root(call: ast.Call) -> str:
    """The start of a chain of calls: ``Permission``, ``apps.get_model('auth', 'Permission')``."""
    node: ast.expr = call
    while True:
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr != "get_model":
            node = node.func.value
        elif isinstance(node, ast.Attribute):
            node = node.value
        else:
            return ast.unparse(node)


def _caught(node: ast.FunctionDef) -> set[ast.AST]:
    """The code in a ``try``, or under ``suppress()``, that expects the row to be missing."""
    found: set[ast.AST] = set()
    for each in ast.walk(node):
        match each:
            case ast.Try(handlers=handlers, body=body):
                expected = [handler.type for handler in handlers]
            case ast.With(items=items, body=body):
                calls = [item.context_expr for item in items if isinstance(item.context_expr, ast.Call)]
                expected = [arg for call in calls if ast.unparse(call.func).endswith("suppress") for arg in call.args]
            case _:
                continue
        if any(error is None or _is_missing_row(ast.unparse(error)) for error in expected):
            found |= {inner for statement in body for inner in ast.walk(statement)}
    return found


def _is_missing_row(error: str) -> bool:
    return "DoesNotExist" in error or error in ("Exception", "BaseException")


def _linked(node: ast.FunctionDef) -> set[ast.AST]:
    """What is passed to ``add()`` or ``set()``, directly or through a variable."""
    handed = [
        inner
        for call in ast.walk(node)
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr in _LINKS
        for arg in call.args
        for inner in ast.walk(arg)
    ]
    names = {each.id for each in handed if isinstance(each, ast.Name)}
    found = set(handed)
    for each in ast.walk(node):
        match each:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if name in names:
                found |= set(ast.walk(value))
            case ast.For(target=ast.Name(id=name), iter=over) if name in names:
                found |= set(ast.walk(over))
    return found


def _lookup(call: ast.Call, model: Key, line: int) -> Lookup:
    labels, names, has_type = [], [], False
    for each in ast.walk(call):
        for keyword in each.keywords if isinstance(each, ast.Call) else ():
            if keyword.arg in _LABELS:
                labels += _texts(keyword.value)
            elif keyword.arg in ("content_type", "content_type_id", "content_type__in"):
                has_type = True
            elif keyword.arg in _CODENAMES | _MODELS:
                names += _texts(keyword.value)
    if isinstance(call.func, ast.Attribute) and call.func.attr == "get_by_natural_key":
        labels += [text for arg in call.args[model == PERMISSION :][:1] for text in _texts(arg)]
    return Lookup(model, line, tuple(labels), tuple(names), has_type)


def _texts(node: ast.expr) -> list[str]:
    try:
        value = ast.literal_eval(node)
    except (ValueError, TypeError):
        return []
    values = value if isinstance(value, list | tuple | set) else [value]
    return [each for each in values if isinstance(each, str)]
