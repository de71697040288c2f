"""Read one data function statement by statement, keeping track of what its names mean."""

from __future__ import annotations

import ast

from migfix.source.data_functions.effect import Effect, Meaning, Model, Row, Rows
from migfix.source.data_functions.function_scope import FunctionScope, listed_columns, root_of, yields_values
from migfix.source.data_functions.lookups import USER_MODEL, keys_of
from migfix.source.data_functions.methods import COLLECTS, COPIES, INSERTS, PURE, WRITING_NAMES
from migfix.source.data_functions.texts import readings
from migfix.source.data_functions.updates import updated_column
from migfix.source.data_functions.writes import Writes
from migfix.source.data_functions.written import with_old
from migfix.source.migration import Key, Migration
from migfix.source.parse import syntax_tree


class FunctionReader:
    """Reads one function statement by statement and keeps track of what its names mean."""

    def __init__(
        self, migration: Migration, names: dict[str, Meaning], found: list[Effect], stack: tuple[str, ...]
    ) -> None:
        self.migration = migration
        self.stack = stack
        self.scope = FunctionScope(migration, names)
        self.writes = Writes(self.scope, found)

    def run(self, function: str, meanings: tuple[Meaning | None, ...]) -> None:
        node = syntax_tree(self.migration.functions[function].code).body[0]
        assert isinstance(node, ast.FunctionDef)
        parameters = [each.arg for each in [*node.args.posonlyargs, *node.args.args]]
        self.scope.names = {name: meaning for name, meaning in zip(parameters, meanings, strict=False) if meaning}
        self.scope.texts = next(readings(node, self.migration))
        self.block(node.body)

    def block(self, body: list[ast.stmt]) -> None:
        for statement in body:
            self.statement(statement)

    def statement(self, node: ast.stmt) -> None:
        match node:
            case ast.Assign(targets=targets, value=value):
                meaning = self.expression(value)
                for target in targets:
                    self.assign(target, meaning, value)
            case ast.AnnAssign(target=target, value=ast.expr() as value):
                self.assign(target, self.expression(value), value)
            case ast.AugAssign(target=ast.Name() as target, op=op, value=value):
                self.expression(value)
                self.assign(target, None, ast.BinOp(ast.Name(target.id, ast.Load()), op, value))
            case ast.AugAssign(target=ast.Subscript(value=ast.Attribute() as target)):
                self.expression(node.value)
                self.writes.set_column(target, "accumulate")
            case ast.AugAssign(target=ast.Attribute() as target):
                self.expression(node.value)
                self.writes.set_column(target, "accumulate")
            case ast.For() | ast.If() | ast.With() | ast.Try() | ast.While():
                self.compound(node)
            case ast.ImportFrom() | ast.Import():
                self.scope.bring(node)
            case ast.Delete() | ast.Pass() | ast.Global() | ast.Nonlocal():
                pass
            case (
                ast.Expr() | ast.Return() | ast.Assert() | ast.Raise() | ast.AugAssign() | ast.Break() | ast.Continue()
            ):
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self.expression(child)
            case _:
                self.writes.unknown(node)

    def compound(self, node: ast.For | ast.If | ast.With | ast.Try | ast.While) -> None:
        """Inserts are guarded in and after an ``if`` that queries the database and ends early, and in a ``try``."""
        outer = self.writes.is_guarded
        match node:
            case ast.For(iter=over) if "sequence_reset_sql" in self.scope.spelled(over):
                pass  # these statements reset sequences and change no rows
            case ast.For(target=target, iter=over, body=body, orelse=orelse):
                self.assign(target, self.row_of(over), None)
                self.scope.variables |= listed_columns(target, over)
                self.block([*body, *orelse])
            case ast.If(test=test, body=body, orelse=orelse):
                self.expression(test)
                self.writes.is_guarded = outer or _asks(test)
                self.block([*body, *orelse])
                if _asks(test) and isinstance(body[-1], ast.Return | ast.Continue | ast.Raise):
                    outer = True
            case ast.With(items=items, body=body):
                for item in items:
                    self.expression(item.context_expr)
                self.block(body)
            case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody):
                self.writes.is_guarded = True
                self.block([*body, *(line for handler in handlers for line in handler.body), *orelse, *finalbody])
            case ast.While(test=test, body=body):
                self.expression(test)
                self.block(body)
        self.writes.is_guarded = outer

    def assign(self, target: ast.expr, meaning: Meaning | None, value: ast.expr | None) -> None:
        match target:
            case ast.Name(id=name):
                self.scope.names.pop(name, None)
                self.writes.changed.pop(name, None)
                if meaning:
                    self.scope.names[name] = meaning
                old = self.scope.variables.pop(name, None)
                if value is not None:
                    self.scope.variables[name] = with_old(value, name, old)
            case ast.Tuple(elts=elements) if isinstance(value, ast.Tuple) and len(value.elts) == len(elements):
                for element, each in zip(elements, value.elts, strict=True):
                    self.assign(element, self.expression(each, is_quiet=True), each)
            case ast.Tuple(elts=elements) if isinstance(meaning, Row):
                for element in elements:
                    self.assign(element, meaning if element is elements[0] or len(elements) == 2 else None, None)
            case ast.Tuple(elts=elements) if isinstance(meaning, Rows) and value and not yields_values(value):
                for each in elements:
                    rest = each.value if isinstance(each, ast.Starred) else None
                    self.assign(rest or each, meaning if rest else Row(meaning.key, links=meaning.links), None)
            case ast.Tuple(elts=elements):
                for element in elements:
                    self.assign(element, None, None)
            case ast.Attribute() if value is not None:
                written = self.scope.written(value, ast.unparse(target.value), target.attr)
                self.writes.set_column(target, written.kind, written.reads)
            case ast.Subscript(value=ast.Attribute() as inner):
                self.writes.set_column(inner, "derive")

    def row_of(self, over: ast.expr) -> Meaning | None:
        """What a loop over an expression yields: rows for a queryset, also in ``enumerate()`` and the like."""
        meaning = self.expression(over)
        if (
            isinstance(over, ast.Call)
            and isinstance(over.func, ast.Name)
            and over.func.id in ("enumerate", "list", "reversed", "tqdm", "zip")
        ):
            meaning = next((each for arg in over.args if (each := self.expression(arg, is_quiet=True))), None)
        if isinstance(meaning, Rows) and not yields_values(over):
            return Row(meaning.key, links=meaning.links)
        return None

    def expression(self, node: ast.expr, is_quiet: bool = False) -> Meaning | None:
        """What an expression means. The effects of calls in it are recorded unless ``is_quiet``."""
        before = len(self.writes.found)
        meaning = self._expression(node)
        if is_quiet:
            del self.writes.found[before:]
        return meaning

    def _expression(self, node: ast.expr) -> Meaning | None:
        match node:
            case ast.Name(id=name):
                return self.scope.names.get(name) or self.scope.imported(node)
            case ast.Call():
                return self.call(node)
            case ast.Attribute() if model := self.scope.imported(node):
                return model
            case ast.Attribute(value=ast.Name(id=name), attr="get_model") if self.scope.is_registry(name):
                return "get_model"
            case ast.Attribute(value=ast.Attribute() as field, attr="through"):
                meaning = self._expression(field.value)
                return Model(meaning.key, field.attr) if isinstance(meaning, Model) else self._expression(field)
            case ast.Attribute(value=inner, attr=attr):
                meaning = self._expression(inner)
                if meaning == "apps":
                    self.writes.unknown(node)
                if isinstance(meaning, Model) and not attr.startswith("__") and attr not in ("_meta", "DoesNotExist"):
                    return Rows(meaning.key, meaning.links)
                return meaning if isinstance(meaning, Rows) else None
            case ast.Subscript(value=inner):
                meaning = self._expression(inner)
                return (
                    meaning
                    if isinstance(node.slice, ast.Slice)
                    else Row(meaning.key, links=meaning.links)
                    if isinstance(meaning, Rows)
                    else None
                )
            case ast.ListComp() | ast.GeneratorExp() | ast.SetComp():
                return self.comprehension(node)
            case ast.Lambda():
                return None
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.expr):
                self._expression(child)
        return None

    def comprehension(self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp) -> Meaning | None:
        outer = dict(self.scope.names)
        for each in node.generators:
            self.assign(each.target, self.row_of(each.iter), None)
        meaning = self._expression(node.elt)
        self.scope.names = outer
        return Rows(meaning.key, meaning.links) if isinstance(meaning, Row) else None

    def call(self, node: ast.Call) -> Meaning | None:
        if (key := self.get_model(node)) is not None:
            return Model(key)
        arguments = [self._expression(arg) for arg in [*node.args, *(each.value for each in node.keywords)]]
        if self.scope.is_expression(node.func):
            return None
        if isinstance(node.func, ast.Attribute):
            return self.method(node, node.func, arguments)
        if isinstance(node.func, ast.Name):
            meaning = self.scope.names.get(node.func.id) or self.scope.imported(node.func)
            if isinstance(meaning, Model):
                return Row(meaning.key, is_fresh=True, links=meaning.links)
            if node.func.id in COPIES:
                return next((each for each in arguments if isinstance(each, Rows)), None)
            self.function(node, node.func.id, arguments)
        else:
            self._expression(node.func)
        return None

    def get_model(self, node: ast.Call) -> Key | None:
        """The model of ``apps.get_model()`` in any spelling, also on the live registry, or of ``get_user_model()``."""
        match node.func:
            case ast.Name(id=name) if self.scope.modules.get(name) == "django.contrib.auth.get_user_model":
                return USER_MODEL
            case ast.Name(id=name) if self.scope.names.get(name) == "get_model":
                pass
            case ast.Attribute(value=owner, attr="get_model") if self.scope.is_registry(root_of(owner)):
                pass
            case _:
                return None
        named = [key for key in keys_of(node, self.scope.texts) if key[1]]
        if len(named) == 1:
            return named[0]
        self.writes.unknown(node)
        return None

    def function(self, node: ast.Call, name: str, arguments: list[Meaning | None]) -> None:
        """Read a call of a plain name. Functions of the file are followed.

        Other calls have no effect, unless they are imported from code that may change rows or receive an argument that
        gives access to rows.
        """
        if name in self.migration.functions and name not in self.stack and not node.keywords:
            inner = FunctionReader(self.migration, {}, self.writes.found, (*self.stack, name))
            inner.run(name, tuple(arguments))
        elif self.scope.is_foreign(name):
            self.writes.unknown(node)
        elif any(each in ("apps", "editor") or isinstance(each, Model | Row | Rows) for each in arguments):
            if name not in PURE:
                self.writes.unknown(node)
            if name == "setattr":
                self.writes.set_by_name(node, getattr(arguments[0], "key", None))

    def method(self, node: ast.Call, func: ast.Attribute, arguments: list[Meaning | None]) -> Meaning | None:
        owner = self._expression(func.value)
        name = func.attr
        match owner:
            case "editor":
                if name in ("execute", "deferred_sql"):
                    self.writes.unknown(node)
                return None
            case "apps":
                if name != "get_app_config":
                    self.writes.unknown(node)
                return None
            case Rows():
                return self.writes.on_rows(node, owner, name)
            case Row():
                self.writes.on_row(node, func, owner, name)
                return None
        if name in ("execute", "executemany") and (column := updated_column(node, self.scope)):
            self.writes.found.append(Effect("derive", *column, line=node.lineno))
        elif (
            name.startswith(("execute", "copy", "callproc"))
            or "apps" in arguments
            or "editor" in arguments
            or name in WRITING_NAMES
            or (name == "update" and node.keywords)
            or name == "get_model"
            or (name not in COLLECTS and any(isinstance(each, Model | Row | Rows) for each in arguments))
        ):
            self.writes.found.append(Effect("create" if name in INSERTS else "unknown", None, line=node.lineno))
        elif self.scope.is_default(func):
            return None
        elif name in ("update", "add", "set", "remove", "clear") or self.scope.is_foreign(root_of(func)):
            if (
                isinstance(self.scope.names.get(root_of(func)), Row)
                or "objects" in ast.unparse(func)
                or self.scope.is_foreign(root_of(func))
            ):
                self.writes.unknown(node)
        return None


def _asks(test: ast.expr) -> bool:
    """Whether a condition queries the database."""
    return any(
        isinstance(each, ast.Attribute) and each.attr in ("exists", "count", "first", "filter", "get")
        for each in ast.walk(test)
    )
