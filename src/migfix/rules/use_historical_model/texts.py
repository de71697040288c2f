"""Whether a function converts a row to text. A historical model has no ``__str__`` and gives "Post object (1)"."""

from __future__ import annotations

import ast
from string import Formatter
from typing import Literal as OneOf

Kind = OneOf["row", "maybe", "no"]
"""Whether an expression gives a model instance: "row" surely, "maybe" if its code can't be followed, "no" never."""

_CONVERTS = frozenset(
    ["str", "repr", "ascii", "format", "slugify", "force_str", "smart_str", "escape", "conditional_escape", "capfirst"]
)
"""Functions that convert their argument to text."""
_SHOWS = frozenset({"print", "write", "info", "debug", "warning", "error", "exception", "log"})
_TO_ROW = frozenset(
    ["get", "first", "last", "earliest", "latest", "create", "get_or_create", "update_or_create", "get_object_or_404"]
)
_PLAIN = (
    frozenset(
        [
            "len",
            "int",
            "float",
            "sum",
            "bool",
            "round",
            "abs",
            "range",
            "enumerate",
            "id",
            "hash",
            "ord",
            "chr",
            "hex",
            "type",
        ]
    )
    | _CONVERTS
)
_PLAIN_METHODS = frozenset(
    (
        *("aggregate", "count", "dates", "datetimes", "decode", "encode", "exists", "format", "isoformat", "join"),
        *("lower", "now", "replace", "split", "startswith", "strftime", "strip", "title", "today", "upper"),
        *("values", "values_list"),
    )
)
_SAME_ROWS = frozenset({"list", "tuple", "set", "sorted", "reversed", "iter", "tqdm", "next"})


def makes_text(node: ast.FunctionDef, relations: frozenset[str]) -> bool:
    """Whether a row is converted to text other than for a message. ``relations``: the fields that lead to rows."""
    return _Texts(node, relations).found()


class _Texts:
    def __init__(self, node: ast.FunctionDef, relations: frozenset[str]) -> None:
        self.node = node
        self.relations = relations
        self.given: dict[str, list[tuple[OneOf["value", "item"], ast.expr | None]]] = {}
        """Variable -> what it is set to, or loops over; None for an argument of the function."""
        self.asking: set[str] = set()
        arguments = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        for each in arguments:
            self.given.setdefault(each.arg, []).append(("value", None))
        for inner in ast.walk(node):
            self._note(inner)

    def _note(self, node: ast.AST) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                for target in targets:
                    self._bind(target, "value", value)
            case ast.AnnAssign(target=target, value=ast.expr() as value) | ast.NamedExpr(target=target, value=value):
                self._bind(target, "value", value)
            case ast.For(target=target, iter=over) | ast.comprehension(target=target, iter=over):
                self._bind(target, "item", over)

    def _bind(self, target: ast.expr, how: OneOf["value", "item"], value: ast.expr) -> None:
        match target, value:
            case ast.Name(id=name), _:
                self.given.setdefault(name, []).append((how, value))
            case ast.Tuple(elts=[ast.Name(), item]), ast.Call(func=ast.Name(id="enumerate"), args=[over, *_]):
                self._bind(item, how, over)
            case ast.Tuple(elts=items), ast.Call(func=ast.Name(id="zip"), args=args) if len(items) == len(args):
                for item, over in zip(items, args, strict=True):
                    self._bind(item, how, over)
            case ast.Tuple(elts=items), ast.Tuple(elts=values) if how == "value" and len(items) == len(values):
                for item, each in zip(items, values, strict=True):
                    self._bind(item, how, each)
            case ast.Tuple(elts=[first, _]), _ if how == "value" and self.value(value) == "row":
                self._bind(first, how, value)  # get_or_create() returns a row and whether it was created
            case ast.Tuple(elts=items) | ast.List(elts=items), _:
                for item in items:
                    self._bind(item, "item", value)

    def found(self) -> bool:
        shown = {
            inner
            for each in ast.walk(self.node)
            if isinstance(each, ast.Raise)
            or (isinstance(each, ast.Call) and ast.unparse(each.func).rpartition(".")[2] in _SHOWS)
            for inner in ast.walk(each)
        }
        return any(each not in shown and self._converts(each) for each in ast.walk(self.node))

    def _converts(self, node: ast.AST) -> bool:
        match node:
            case ast.FormattedValue(value=value):
                return self.value(value) != "no"
            case ast.BinOp(left=left, op=ast.Mod(), right=right):
                sides = (
                    right.elts
                    if isinstance(right, ast.Tuple)
                    else right.values
                    if isinstance(right, ast.Dict)
                    else [right]
                )
                wanted = ("row", "maybe") if isinstance(left, ast.Constant | ast.JoinedStr) else ("row",)
                return any(self.value(each) in wanted for each in sides)
            case ast.Assign(targets=[ast.Attribute(attr=attr)], value=value):
                return not self._is_relation(attr) and self.value(value) == "row"
            case ast.Call():
                return self._call_converts(node)
        return False

    def _call_converts(self, node: ast.Call) -> bool:
        name = ast.unparse(node.func).rpartition(".")[2]
        given = [*node.args, *(each.value for each in node.keywords)]
        match node.func:
            case ast.Attribute(value=value, attr="__str__" | "__repr__" | "__format__"):
                return self.value(value) != "no"
            case ast.Attribute(value=ast.Constant(value=str() as text), attr="format"):
                return self._is_whole(text) and any(self.value(each) != "no" for each in given)
            case ast.Attribute(attr="format"):
                return any(self.value(each) != "no" for each in given)
        if handed := [each for each in given if _names_a_converter(each)]:  # map(str, posts), sorted(posts, key=str)
            over = [node.func.value] if isinstance(node.func, ast.Attribute) and name == "sort" else node.args
            return any(each not in handed and self.item(each) != "no" for each in over)
        if name in _CONVERTS or any(ast.unparse(each) in _CONVERTS for _, each in self.given.get(name, []) if each):
            return any(self.value(each) != "no" for each in node.args[:1])
        wrong = [each for each in node.keywords if each.arg and not self._is_relation(each.arg.split("__")[0])]
        is_write = name in ("create", "update", "get_or_create", "update_or_create") or name[:1].isupper()
        return is_write and any(self.value(each.value) == "row" for each in wrong)

    def _is_whole(self, text: str) -> bool:
        """Whether a format string inserts a value as a whole, rather than an attribute of it."""
        try:
            return any(field is not None and not set(".[") & set(field) for _, field, _, _ in Formatter().parse(text))
        except ValueError:
            return True

    def _is_relation(self, name: str) -> bool:
        return name in self.relations or name in ("pk", "id", "instance", "obj", "object", "content_object", "defaults")

    def value(self, node: ast.expr | None) -> Kind:
        """Whether an expression gives a row."""
        match node:
            case None:
                return "maybe"
            case ast.Name(id=name):
                return self._named(name)
            case ast.Attribute(attr=attr):
                return "row" if attr in self.relations else "no"
            case ast.Subscript(value=inner, slice=key):
                is_of_values = isinstance(key, ast.Constant) and isinstance(key.value, str)
                return (
                    "no" if isinstance(key, ast.Slice) or (is_of_values and self._is_plain(inner)) else self.item(inner)
                )
            case ast.IfExp(body=body, orelse=orelse):
                return _worst(self.value(body), self.value(orelse))
            case ast.BoolOp(values=values):
                return _worst(*map(self.value, values))
            case ast.NamedExpr(value=inner) | ast.Await(value=inner) | ast.Starred(value=inner):
                return self.value(inner)
            case ast.Call(func=ast.Attribute(value=ast.Constant(), attr=_)):
                return "no"
            case ast.Call(func=ast.Attribute(value=owner, attr=attr)) if attr in _TO_ROW:
                return "row" if self._is_rows(owner) else "maybe"
            case ast.Call(func=ast.Attribute(attr=attr)):
                return "no" if attr in _PLAIN_METHODS or attr.startswith("get_") else "maybe"
            case ast.Call(func=ast.Name(id="next"), args=[over, *_]):
                return self.item(over)
            case ast.Call(func=ast.Name(id=name)):
                return "no" if name in _PLAIN else "row" if name[:1].isupper() else "maybe"
        return "no"

    def _is_rows(self, node: ast.expr) -> bool:
        return "objects" in (text := ast.unparse(node)) or "_manager" in text

    def _is_plain(self, node: ast.expr) -> bool:
        """Whether a variable holds rows of ``values()``, or one of them."""
        if not isinstance(node, ast.Name) or self._named(node.id) != "no":
            return False
        return all(how == "item" for how, _ in self.given.get(node.id, []))

    def _named(self, name: str) -> Kind:
        if name in self.asking:
            return "no"
        self.asking.add(name)
        found = [self.value(value) if how == "value" else self.item(value) for how, value in self.given.get(name, [])]
        self.asking.discard(name)
        return _worst(*found)

    def item(self, node: ast.expr | None) -> Kind:
        """Whether the items of a collection, or what a loop over it gives, are rows."""
        match node:
            case None:
                return "maybe"
            case ast.Constant() | ast.JoinedStr():
                return "no"
            case ast.List(elts=[]) | ast.Dict(keys=[]) | ast.Call(func=ast.Name(id="list" | "dict" | "set"), args=[]):
                return "maybe"  # filled later
            case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
                return _worst(*(_worst(self.value(each), self.item(each)) for each in items))
            case ast.Dict(values=values):
                return _worst(*map(self.value, values))
            case (
                ast.ListComp(elt=inner)
                | ast.GeneratorExp(elt=inner)
                | ast.SetComp(elt=inner)
                | ast.DictComp(value=inner)
            ):
                return self.value(inner)
            case ast.Subscript(value=inner):
                return self.item(inner)
            case ast.Name(id=name) if name not in self.asking:
                self.asking.add(name)
                found = [self.item(value) for _, value in self.given.get(name, [])]
                self.asking.discard(name)
                return _worst(*found)
            case ast.Name() | ast.Attribute():
                return "no"
            case ast.Call(func=ast.Name(id=name), args=[over, *_]) if name in _SAME_ROWS:
                return self.item(over)
            case ast.Call(func=ast.Name(id="range")):
                return "no"
            case ast.Call(func=ast.Attribute(value=owner, attr=attr)):
                chain = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
                if attr in ("values", "items") and isinstance(owner, ast.Name):
                    return self.item(owner)
                is_plain = chain & {"values", "values_list", "dates", "datetimes", "aggregate", "split", "keys"}
                return "no" if is_plain else "row" if self._is_rows(node) else "maybe"
        return "maybe"


def _names_a_converter(node: ast.expr) -> bool:
    return isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node).rpartition(".")[2] in _CONVERTS


def _worst(*kinds: Kind) -> Kind:
    return "row" if "row" in kinds else "maybe" if "maybe" in kinds else "no"
