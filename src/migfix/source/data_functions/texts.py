"""The strings that names and expressions in a function may be, found without running it."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from itertools import chain, product

from migfix.source.migration import Dictionary, Key, Literal, Migration, Sequence, Value
from migfix.source.parse import nodes

SETTING = "settings:"
"""The app label of a model that a setting names. No real label contains a colon."""

Texts = Mapping[str, tuple[str, ...]]
"""Name -> the strings that it may be."""


def module_texts(migration: Migration) -> Texts:
    """The strings at module level: ``APP = "shop"``, ``MODELS = ["Shop", "Till"]``."""
    found = {name: _texts_of(value) for name, value in migration.constants.items()}
    return {name: texts for name, texts in found.items() if texts}


def _texts_of(value: Value) -> tuple[str, ...]:
    items = value.items if isinstance(value, Sequence) else (value,)
    texts = tuple(each.value for each in items if isinstance(each, Literal) and isinstance(each.value, str))
    return texts if len(texts) == len(items) else ()


def readings(tree: ast.AST, migration: Migration) -> Iterator[Texts]:
    """The strings that the names in a function may be.

    Yields once for the function, then once for each iteration of a loop that sets several names together.
    """
    known = module_texts(migration)
    yield _with_local_texts(tree, known)
    for node in nodes(tree):
        match node:
            case (
                ast.For(target=ast.Tuple(elts=names), iter=value)
                | ast.comprehension(target=ast.Tuple(elts=names), iter=value)
            ):
                for row in _rows(value, migration, known):
                    bound = {
                        each.id: texts for each, texts in zip(names, row, strict=False) if isinstance(each, ast.Name)
                    }
                    yield _with_local_texts(tree, {**known, **bound})


def _rows(node: ast.expr, migration: Migration, known: Texts) -> Iterator[list[tuple[str, ...]]]:
    """The iterations of a loop over pairs: ``[("shop", "Till"), ...]``, ``{"shop": ["Till"]}.items()``, a constant."""
    match node:
        case ast.List(elts=rows) | ast.Tuple(elts=rows) | ast.Set(elts=rows):
            yield from (
                [texts_of(each, known) for each in row.elts] for row in rows if isinstance(row, ast.Tuple | ast.List)
            )
        case ast.Call(func=ast.Attribute(value=ast.Dict(keys=keys, values=values), attr="items")):
            for key, value in zip(keys, values, strict=True):
                if key is not None:
                    yield [texts_of(key, known), texts_of(value, known) or _items(value, known)]
        case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="items")) | ast.Name(id=name):
            match migration.constants.get(name):
                case Dictionary(pairs=pairs):
                    yield from ([_texts_of(key), _texts_of(value)] for key, value in pairs)
                case Sequence(items=items):
                    yield from ([_texts_of(each) for each in row.items] for row in items if isinstance(row, Sequence))


def _with_local_texts(tree: ast.AST, known: Texts) -> Texts:
    """``known``, and the strings that names in a function are assigned or loop over."""
    found = dict(known)
    for node in nodes(tree):
        match node:
            case ast.Assign(
                targets=[ast.Name(id=name)], value=ast.Call(func=ast.Attribute(attr="get_app_config"), args=[app])
            ):
                found[name] = texts_of(app, found)
            case ast.Assign(targets=[ast.Tuple(elts=names)], value=ast.Tuple(elts=values)):
                found |= {
                    n.id: texts_of(v, found) for n, v in zip(names, values, strict=False) if isinstance(n, ast.Name)
                }
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = (*found.get(name, ()), *texts_of(value, found))
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found[name] = (*found.get(name, ()), *texts_of(value, found))
            case (
                ast.For(target=ast.Name(id=name), iter=value) | ast.comprehension(target=ast.Name(id=name), iter=value)
            ):
                found[name] = (*found.get(name, ()), *_items(value, found))
            case ast.Assign(targets=[ast.Tuple(elts=[ast.Name(id=app), ast.Name(id=model)])], value=value):
                for key in split_key(value, found):
                    found[app], found[model] = (key[0],), (key[1],)
            case ast.arguments(args=args, defaults=defaults):
                for argument, value in zip(reversed(args), reversed(defaults), strict=False):
                    found[argument.arg] = texts_of(value, found)
    return found


def _items(node: ast.expr, texts: Texts) -> tuple[str, ...]:
    """The strings that a loop iterates over: the items of a list, the keys of a dict, a constant of the file."""
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
    return tuple(text for item in items for text in texts_of(item, texts))


def texts_of(node: ast.expr, texts: Texts) -> tuple[str, ...]:
    """Every string that an expression may be; empty if it can't be read."""
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
            return tuple("".join(each) for each in product(texts_of(left, texts), texts_of(right, texts)))
        case ast.BinOp(left=ast.Constant(value=str() as text), op=ast.Mod(), right=right):
            given = right.elts if isinstance(right, ast.Tuple) else [right]
            return _filled(text.replace("%s", "{}"), given, texts)
        case ast.Call(
            func=ast.Attribute(value=ast.Constant(value=str() as text), attr="format"), args=given, keywords=[]
        ):
            return _filled(text, given, texts)
        case ast.JoinedStr(values=values):
            parts = [texts_of(each.value if isinstance(each, ast.FormattedValue) else each, texts) for each in values]
            return tuple("".join(each) for each in product(*parts))
    return ()


def _filled(text: str, given: list[ast.expr], texts: Texts) -> tuple[str, ...]:
    """Every string that ``"{}.{}"`` may be when it is filled with ``given``."""
    around = text.split("{}")
    if len(around) != len(given) + 1 or any(brace in each for each in around for brace in "{}"):
        return ()
    parts = [texts_of(each, texts) for each in given]
    return tuple("".join(chain(*zip(around, (*each, ""), strict=True))) for each in product(*parts))


def split_key(node: ast.expr, texts: Texts) -> Iterator[Key]:
    """The app and model in ``settings.AUTH_USER_MODEL.split(".")`` or ``LABEL.split(".")``."""
    match node:
        case ast.Call(func=ast.Attribute(value=owner, attr="split" | "rsplit" | "partition")):
            yield from (key for text in texts_of(owner, texts) if (key := key_of(text)))


def key_of(text: str) -> Key | None:
    app, dot, model = text.partition(".")
    return (app, model.lower()) if dot and "." not in model else None
