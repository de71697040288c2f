"""The models that a data function gets from ``apps``, in all spellings of ``apps.get_model()``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from migfix.source.data_functions.texts import SETTING, Texts, key_of, readings, split_key, texts_of
from migfix.source.migration import Call, Function, Key, Migration, Name, Opaque, Value
from migfix.source.parse import nodes, syntax_tree
from migfix.source.text import names_read

USER_MODEL: Key = (SETTING, "auth_user_model")


class Lookup(NamedTuple):
    """One model that is looked up. Its name is "" if only the app can be read; its app is SETTING for a setting."""

    model: Key
    line: int


@lru_cache(maxsize=1000)
def lookups(migration: Migration, code: Value) -> tuple[Lookup, ...]:
    """Every model that a data function gets from ``apps``, itself or in functions of the file that it calls.

    ``code`` is the argument of the ``RunPython``: a function of the file, ``partial()`` of one, or a lambda.
    """
    found = []
    for tree, line in _trees(migration, code):
        called = _called_on(tree)
        for texts in readings(tree, migration):
            for node in nodes(tree):
                if isinstance(node, ast.Call) and _owner(node) in called:
                    found += [Lookup(key, node.lineno + line) for key in keys_of(node, texts)]
    read = {(each.model[0], each.line) for each in found if each.model[1]}
    return tuple(dict.fromkeys(each for each in found if each.model[1] or (each.model[0], each.line) not in read))


def models_named(migration: Migration, code: Value) -> frozenset[Key]:
    """The models that a data function gets from ``apps``, without those whose name can't be read."""
    return frozenset(each.model for each in lookups(migration, code) if each.model[1])


def words_of(migration: Migration, code: Value) -> frozenset[str]:
    """The names that a data function uses: attributes, keywords and texts, ``author`` for ``author__name``, too."""
    words: set[str] = set()
    for tree, _ in _trees(migration, code):
        for node in ast.walk(tree):
            match node:
                case ast.Attribute(attr=name) | ast.keyword(arg=str() as name) | ast.Constant(value=str() as name):
                    words |= {name, name.removesuffix("_id"), *name.split("__")}
    return frozenset(words)


def _trees(migration: Migration, code: Value) -> Iterator[tuple[ast.AST, int]]:
    """The code of a data function and of the functions it calls, each with the number of lines above it in the file."""
    names: set[str] = set()
    match code:
        case Name(dotted=name):
            names = {name}
        case Call(func="functools.partial") if (partial := code.argument("func", 0)) is not None:
            yield from _trees(migration, partial)
        case Opaque(code=text) if text.lstrip("( ").startswith("lambda"):
            yield ast.parse(f"({text})"), code.span[0] - 1
            names = set(names_read(f"({text})"))
    for function in called_functions(migration, names):
        yield syntax_tree(function.code), function.first_line - 1


def called_functions(migration: Migration, names: set[str]) -> list[Function]:
    """The functions of the file among ``names``, and those that they use in turn, in file order."""
    found, waiting = set(), list(names & migration.functions.keys())
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += set(names_read(migration.functions[name].code)) & migration.functions.keys()
    return [function for name, function in migration.functions.items() if name in found]


def _called_on(tree: ast.AST) -> set[str]:
    """The names that ``get_model()`` may be called on: parameters and app configs.

    A variable that holds the method itself is included as ``name()``.
    """
    found = {each.arg for each in nodes(tree) if isinstance(each, ast.arg)}
    for node in nodes(tree):
        match node:
            case ast.Assign(
                targets=[ast.Name(id=alias)], value=ast.Attribute(value=ast.Name(id=owner), attr="get_model")
            ) if owner in found:
                found.add(f"{alias}()")
            case ast.Assign(
                targets=[ast.Name(id=alias)],
                value=ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr="get_app_config")),
            ) if owner in found:
                found.add(alias)
    return found


def keys_of(call: ast.Call, texts: Texts) -> Iterator[Key]:
    """The models that one call of ``get_model()`` may return, whatever it is called on."""
    given = {each.arg: each.value for each in call.keywords}
    args = [*call.args, *(given[name] for name in ("app_label", "model_name") if name in given)]
    match call.func, args:
        case ast.Attribute(value=ast.Call(func=ast.Attribute(attr="get_app_config"), args=[app])), [model]:
            yield from _pairs(app, model, texts)
        case ast.Attribute(value=ast.Name(id=name) as config), [model] if texts.get(name):
            yield from _pairs(config, model, texts)
        case _, [ast.Starred(value=value)]:
            yield from split_key(value, texts)
        case _, [app, model, *_]:
            yield from _pairs(app, model, texts)
        case _, [label]:
            yield from (key for text in texts_of(label, texts) if (key := key_of(text)))


def imported_model(dotted: str, app: str) -> Key | None:
    """The model that an import from a ``models`` module names: ``blog.models.Post``; ``..models.Post`` in ``app``."""
    parts = dotted.lstrip(".").split(".")
    if dotted.startswith("django.") and not dotted.startswith("django.contrib."):
        return None
    place = parts.index("models") if "models" in parts[:-1] else None
    is_class = parts[-1][:1].isupper() and not parts[-1].isupper()
    return (parts[place - 1] if place else app, parts[-1].lower()) if place is not None and is_class else None


def _pairs(app: ast.expr, model: ast.expr, texts: Texts) -> Iterator[Key]:
    for label in texts_of(app, texts):
        names = texts_of(model, texts) or ("",)
        yield from ((label, name.lower()) for name in names)


def _owner(call: ast.Call) -> str:
    """The name that ``get_model()`` is called on, also via ``get_app_config()``; for a plain call, ``name()``."""
    match call.func:
        case ast.Attribute(
            value=ast.Name(id=name) | ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="get_app_config")),
            attr="get_model",
        ):
            return name
        case ast.Name(id=name):
            return f"{name}()"
    return ""
