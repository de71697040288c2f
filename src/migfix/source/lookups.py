"""Models that a data step gets from ``apps``, in all spellings of ``apps.get_model()``."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from itertools import chain, product
from typing import NamedTuple

from migfix.model import Key, Literal, Migration, Sequence
from migfix.source.text import names_read

SETTING = "settings:"
"""Stands for the app of a model that a setting names; no label holds a colon."""
USER_MODEL: Key = (SETTING, "auth_user_model")

Texts = Mapping[str, tuple[str, ...]]
"""Name -> the texts that it may stand for."""


class Lookup(NamedTuple):
    """One model that is looked up: its name is "" if only the app can be read, its app SETTING for a setting."""

    model: Key
    line: int


def lookups(migration: Migration, function: str) -> tuple[Lookup, ...]:
    """Everything that a function of the file gets from ``apps``, in itself or in functions of the file it calls."""
    found = []
    for name in _called(migration, function):
        code = migration.functions[name]
        tree = ast.parse(code.code)
        texts = _with_local_texts(tree, module_texts(migration))
        parameters = {each.arg for each in ast.walk(tree) if isinstance(each, ast.arg)}
        above = next((i for i, line in enumerate(code.code.split("\n")) if line.startswith("def ")), 0)
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and _owner(node) in parameters:
                found += [Lookup(key, node.lineno - 1 - above + code.line) for key in keys_of(node, texts)]
    return tuple(dict.fromkeys(found))


def models_named(migration: Migration, function: str) -> frozenset[Key]:
    """The models that a function gets from ``apps``, those whose name can be read."""
    return frozenset(each.model for each in lookups(migration, function) if each.model[1])


def _called(migration: Migration, function: str) -> list[str]:
    """The function and those of the file that it mentions, in turn."""
    found = dict.fromkeys([function] if function in migration.functions else [])
    waiting = list(found)
    while waiting:
        for name in names_read(migration.functions[waiting.pop()].code):
            if name in migration.functions and name not in found:
                found[name] = None
                waiting.append(name)
    return list(found)


def module_texts(migration: Migration) -> dict[str, tuple[str, ...]]:
    """The texts at module level: ``APP = "shop"``, ``MODELS = ["Shop", "Till"]``."""
    found = {}
    for name, value in migration.constants.items():
        items = value.items if isinstance(value, Sequence) else (value,)
        texts = tuple(each.value for each in items if isinstance(each, Literal) and isinstance(each.value, str))
        if texts and len(texts) == len(items):
            found[name] = texts
    return found


def _with_local_texts(tree: ast.Module, found: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The texts at module level, and those that names in a function are set to, or run through in a ``for``."""
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = (*found.get(name, ()), *_texts(value, found))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found[name] = (*found.get(name, ()), *_texts(value, found))
            case (
                ast.For(target=ast.Name(id=name), iter=value) | ast.comprehension(target=ast.Name(id=name), iter=value)
            ):
                found[name] = (*found.get(name, ()), *_items(value, found))
            case ast.Assign(targets=[ast.Tuple(elts=[ast.Name(id=app), ast.Name(id=model)])], value=value):
                for key in _pair(value, found):
                    found[app], found[model] = (key[0],), (key[1],)
            case ast.arguments(args=args, defaults=defaults):
                for argument, value in zip(reversed(args), reversed(defaults), strict=False):
                    found[argument.arg] = _texts(value, found)
    return found


def _items(node: ast.expr, texts: Texts) -> tuple[str, ...]:
    """The texts that a loop runs through: of a list, the keys of a dict, a constant of the file."""
    items: list[ast.expr] = []
    match node:
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            pass
        case ast.Dict(keys=keys):
            items = [key for key in keys if key is not None]
        case ast.Name(id=name):
            return texts.get(name, ())
        case ast.Call(func=ast.Name(id="sorted" | "list" | "set" | "tuple" | "reversed"), args=[inner]):
            return _items(inner, texts)
    return tuple(text for item in items for text in _texts(item, texts))


def _texts(node: ast.expr, texts: Texts) -> tuple[str, ...]:
    """Every text that an expression may be; nothing if that can't be read."""
    match node:
        case ast.Constant(value=str() as text):
            return (text,)
        case ast.Name(id=name):
            return texts.get(name, ())
        case ast.Attribute(value=ast.Name(id="settings"), attr=name):
            return (f"{SETTING}.{name}",)
        case ast.Call(
            func=ast.Name(id="getattr"), args=[ast.Name(id="settings"), ast.Constant(value=str() as name), *_]
        ):
            return (f"{SETTING}.{name}",)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            return tuple("".join(each) for each in product(_texts(left, texts), _texts(right, texts)))
        case ast.BinOp(left=ast.Constant(value=str() as text), op=ast.Mod(), right=right):
            given = right.elts if isinstance(right, ast.Tuple) else [right]
            return _filled(text.replace("%s", "{}"), given, texts)
        case ast.Call(
            func=ast.Attribute(value=ast.Constant(value=str() as text), attr="format"), args=given, keywords=[]
        ):
            return _filled(text, given, texts)
        case ast.JoinedStr(values=values):
            parts = [_texts(each.value if isinstance(each, ast.FormattedValue) else each, texts) for each in values]
            return tuple("".join(each) for each in product(*parts))
    return ()


def _filled(text: str, given: list[ast.expr], texts: Texts) -> tuple[str, ...]:
    """``"{}.{}"`` with each of the texts that may go there."""
    around = text.split("{}")
    if len(around) != len(given) + 1 or any(brace in each for each in around for brace in "{}"):
        return ()
    parts = [_texts(each, texts) for each in given]
    return tuple("".join(chain(*zip(around, (*each, ""), strict=True))) for each in product(*parts))


def _pair(node: ast.expr, texts: Texts) -> Iterator[Key]:
    """``settings.AUTH_USER_MODEL.split(".")``, ``LABEL.split(".")``: app and model of one text."""
    match node:
        case ast.Call(func=ast.Attribute(value=owner, attr="split" | "rsplit" | "partition")):
            yield from (key for text in _texts(owner, texts) if (key := _key(text)))


def _key(text: str) -> Key | None:
    app, dot, model = text.partition(".")
    return (app, model.lower()) if dot and "." not in model else None


def keys_of(call: ast.Call, texts: Texts) -> Iterator[Key]:
    """The models that one call of ``get_model()`` may mean, whatever it is called on."""
    if not isinstance(call.func, ast.Attribute) or call.func.attr != "get_model":
        return
    given = {each.arg: each.value for each in call.keywords}
    args = [*call.args, *(given[name] for name in ("app_label", "model_name") if name in given)]
    match call.func.value, args:
        case ast.Call(func=ast.Attribute(attr="get_app_config"), args=[app]), [model]:
            yield from _pairs(app, model, texts)
        case _, [ast.Starred(value=value)]:
            yield from _pair(value, texts)
        case _, [app, model, *_]:
            yield from _pairs(app, model, texts)
        case _, [label]:
            yield from (key for text in _texts(label, texts) if (key := _key(text)))


def _pairs(app: ast.expr, model: ast.expr, texts: Texts) -> Iterator[Key]:
    for label in _texts(app, texts):
        names = _texts(model, texts) or ("",)
        yield from ((label, name.lower()) for name in names)


def _owner(call: ast.Call) -> str:
    """What ``get_model()`` is called on: the name of ``apps``, also behind ``get_app_config()``."""
    match call.func:
        case ast.Attribute(
            value=ast.Name(id=name) | ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="get_app_config")),
            attr="get_model",
        ):
            return name
    return ""
