"""What a RunPython function does to which tables, read from its body."""

from __future__ import annotations

import ast
import sys
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal as OneOf
from typing import NamedTuple

from migfix.model import Key, Migration
from migfix.source.lookups import USER_MODEL, imported_model, keys_of
from migfix.source.texts import module_texts, readings
from migfix.source.written import Kind, Written, with_old


@dataclass(frozen=True)
class Effect:
    """One thing done to rows of ``model`` (None if that can't be told), to ``column`` ("" for whole rows)."""

    kind: Kind
    model: Key | None
    column: str = ""
    line: int = 0
    given: tuple[tuple[str, object], ...] = ()
    """Of a row that is made: the columns that a call gives constants by name."""
    reads: frozenset[str] = frozenset()
    """The columns of the same row that the value is made of."""


@dataclass(frozen=True)
class _Model:
    key: Key


@dataclass(frozen=True)
class _Rows:
    """A manager or queryset of a model."""

    key: Key


@dataclass(frozen=True)
class _Row:
    """An instance; ``is_fresh`` if it was made here and is not saved yet."""

    key: Key
    is_fresh: bool = False


class _Change(NamedTuple):
    """A column that was set on a row."""

    column: str
    kind: Kind
    reads: frozenset[str] = frozenset()


_Meaning = _Model | _Rows | _Row | OneOf["apps", "editor", "get_model"]

_TO_ROW = frozenset({"get", "first", "last", "earliest", "latest", "create", "get_or_create", "update_or_create"})
_READS = frozenset(
    [
        "filter",
        "exclude",
        "all",
        "using",
        "order_by",
        "iterator",
        "select_related",
        "prefetch_related",
        "only",
        "defer",
        "annotate",
        "distinct",
        "values",
        "values_list",
        "exists",
        "count",
        "aggregate",
        "get",
        "first",
        "last",
        "earliest",
        "latest",
        "none",
        "reverse",
        "union",
        "select_for_update",
        "db_manager",
        "in_bulk",
        "alias",
        "get_queryset",
        "extra",
        "dates",
        "datetimes",
        "explain",
        "contains",
    ]
)
_WRITES: dict[str, Kind] = {
    "create": "create",
    "bulk_create": "create",
    "get_or_create": "ensure",
    "update_or_create": "ensure",
    "delete": "delete",
    "_raw_delete": "delete",
}


_DO_MORE = ("django.core.management", "subprocess", "os.system", "concurrent", "multiprocessing")
_COLLECTS = frozenset(
    {"append", "extend", "add", "insert", "get", "setdefault", "format", "join", "index", "pop", "allow_migrate_model"}
)
_COPIES = frozenset({"list", "tuple", "set", "sorted", "reversed", "iter"})
_WORST: tuple[Kind, ...] = ("ensure", "delete", "set", "derive", "unknown", "create", "accumulate")
_INSERTS = frozenset({"create", "bulk_create", "acreate", "abulk_create"})
_WRITING_NAMES = frozenset({*_WRITES, *_INSERTS, "save", "bulk_update"})


@lru_cache(maxsize=1000)
def effects(migration: Migration, function: str) -> tuple[Effect, ...]:
    """Everything that a function of the file does to rows; one ``unknown`` effect where code can't be followed."""
    found = migration.functions.get(function)
    if found is None:
        return (Effect("unknown", None),)
    reader = _Reader(migration, {}, [], (function,))
    reader.run(function, ("apps", "editor"))
    return tuple(dict.fromkeys(reader.found))


def effects_of_lambda(migration: Migration, code: str) -> tuple[Effect, ...]:
    """The same for ``lambda apps, schema_editor: …``."""
    node = ast.parse(code.strip(), mode="eval").body
    if not isinstance(node, ast.Lambda):
        return (Effect("unknown", None),)
    parameters = [each.arg for each in [*node.args.posonlyargs, *node.args.args]]
    meanings: tuple[_Meaning, ...] = ("apps", "editor")
    reader = _Reader(migration, dict(zip(parameters, meanings, strict=False)), [], ())
    reader.expression(node.body)
    return tuple(dict.fromkeys(reader.found))


class _Reader:
    """Follows one function, statement by statement, with what its names mean."""

    def __init__(
        self, migration: Migration, names: dict[str, _Meaning], found: list[Effect], stack: tuple[str, ...]
    ) -> None:
        self.migration = migration
        self.names = names
        self.found = found
        self.stack = stack
        self.changed: dict[str, list[_Change]] = {}
        """Variable -> columns that were assigned on it and not saved yet."""
        self.variables: dict[str, ast.expr] = {}
        """Variable -> the expression it was last set to."""
        self.is_guarded = False
        self.texts = module_texts(migration)
        self.modules = {each.bound: f"{each.module}.{each.name or ''}" for each in migration.imports}

    def run(self, function: str, meanings: tuple[_Meaning | None, ...]) -> None:
        node = ast.parse(self.migration.functions[function].code).body[0]
        assert isinstance(node, ast.FunctionDef)
        parameters = [each.arg for each in [*node.args.posonlyargs, *node.args.args]]
        self.names = {name: meaning for name, meaning in zip(parameters, meanings, strict=False) if meaning}
        self.texts = next(readings(node, self.migration))
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
                self.attribute(target, "accumulate")
            case ast.AugAssign(target=ast.Attribute() as target):
                self.expression(node.value)
                self.attribute(target, "accumulate")
            case ast.For() | ast.If() | ast.With() | ast.Try() | ast.While():
                self.compound(node)
            case ast.ImportFrom(module=module, names=names, level=level):
                package = "." * level + (module or "")
                self.modules.update((each.asname or each.name, f"{package}.{each.name}") for each in names)
            case ast.Import(names=names):
                self.modules.update((each.asname or each.name.partition(".")[0], each.name) for each in names)
            case ast.Delete() | ast.Pass() | ast.Global() | ast.Nonlocal():
                pass
            case (
                ast.Expr() | ast.Return() | ast.Assert() | ast.Raise() | ast.AugAssign() | ast.Break() | ast.Continue()
            ):
                for child in ast.iter_child_nodes(node):
                    if isinstance(child, ast.expr):
                        self.expression(child)
            case _:
                self.found.append(Effect("unknown", None, line=node.lineno))

    def compound(self, node: ast.For | ast.If | ast.With | ast.Try | ast.While) -> None:
        """Blocks; behind a question to the database, or where errors are caught, an insert is guarded."""
        outer = self.is_guarded
        match node:
            case ast.For(iter=over) if "sequence_reset_sql" in ast.unparse(over):
                pass  # statements about sequences, which change no row
            case ast.For(target=target, iter=over, body=body, orelse=orelse):
                self.assign(target, self.row_of(over), None)
                self.variables |= _listed_columns(target, over)
                self.block([*body, *orelse])
            case ast.If(test=test, body=body, orelse=orelse):
                self.expression(test)
                self.is_guarded = outer or _asks(test)
                self.block([*body, *orelse])
                if _asks(test) and isinstance(body[-1], ast.Return | ast.Continue | ast.Raise):
                    outer = True
            case ast.With(items=items, body=body):
                for item in items:
                    self.expression(item.context_expr)
                self.block(body)
            case ast.Try(body=body, handlers=handlers, orelse=orelse, finalbody=finalbody):
                self.is_guarded = True
                self.block([*body, *(line for handler in handlers for line in handler.body), *orelse, *finalbody])
            case ast.While(test=test, body=body):
                self.expression(test)
                self.block(body)
        self.is_guarded = outer

    def assign(self, target: ast.expr, meaning: _Meaning | None, value: ast.expr | None) -> None:
        match target:
            case ast.Name(id=name):
                self.names.pop(name, None)
                self.changed.pop(name, None)
                if meaning:
                    self.names[name] = meaning
                old = self.variables.pop(name, None)
                if value is not None:
                    self.variables[name] = with_old(value, name, old)
            case ast.Tuple(elts=elements) if isinstance(value, ast.Tuple) and len(value.elts) == len(elements):
                for element, each in zip(elements, value.elts, strict=True):
                    self.assign(element, self.expression(each, is_quiet=True), each)
            case ast.Tuple(elts=elements) if isinstance(meaning, _Row):
                for element in elements:
                    self.assign(element, meaning if element is elements[0] or len(elements) == 2 else None, None)
            case ast.Tuple(elts=elements):
                for element in elements:
                    self.assign(element, None, None)
            case ast.Attribute() if value is not None:
                written = self.written(value, ast.unparse(target.value), target.attr)
                self.attribute(target, written.kind, written.reads)
            case ast.Subscript(value=ast.Attribute() as inner):
                self.attribute(inner, "derive")

    def attribute(self, target: ast.Attribute, kind: Kind, reads: frozenset[str] = frozenset()) -> None:
        if isinstance(target.value, ast.Name):
            self.changed.setdefault(target.value.id, []).append(_Change(target.attr, kind, reads))

    def written(self, value: ast.expr, row: str, column: str) -> Written:
        functions = {name: each.code for name, each in self.migration.functions.items()}
        return Written(value, row, column, self.variables, functions)

    def row_of(self, over: ast.expr) -> _Meaning | None:
        """What a loop over an expression gives: rows of a queryset, also through enumerate() and the like."""
        meaning = self.expression(over)
        if (
            isinstance(over, ast.Call)
            and isinstance(over.func, ast.Name)
            and over.func.id in ("enumerate", "list", "reversed", "tqdm", "zip")
        ):
            meaning = next((each for arg in over.args if (each := self.expression(arg, is_quiet=True))), None)
        return _Row(meaning.key) if isinstance(meaning, _Rows) else None

    def expression(self, node: ast.expr, is_quiet: bool = False) -> _Meaning | None:
        """What an expression means; effects of calls inside are noted unless ``is_quiet``."""
        before = len(self.found)
        meaning = self._expression(node)
        if is_quiet:
            del self.found[before:]
        return meaning

    def _expression(self, node: ast.expr) -> _Meaning | None:
        match node:
            case ast.Name(id=name):
                return self.names.get(name) or self.imported(node)
            case ast.Call():
                return self.call(node)
            case ast.Attribute() if model := self.imported(node):
                return model
            case ast.Attribute(value=ast.Name(id=name), attr="get_model") if self.is_registry(name):
                return "get_model"
            case ast.Attribute(value=inner, attr=attr):
                meaning = self._expression(inner)
                if meaning == "apps":
                    self.found.append(Effect("unknown", None, line=node.lineno))
                if isinstance(meaning, _Model) and not attr.startswith("__") and attr not in ("_meta", "DoesNotExist"):
                    return _Rows(meaning.key)
                return meaning if isinstance(meaning, _Rows) else None
            case ast.Subscript(value=inner):
                meaning = self._expression(inner)
                return (
                    meaning
                    if isinstance(node.slice, ast.Slice)
                    else _Row(meaning.key)
                    if isinstance(meaning, _Rows)
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

    def comprehension(self, node: ast.ListComp | ast.GeneratorExp | ast.SetComp) -> _Meaning | None:
        outer = dict(self.names)
        for each in node.generators:
            self.assign(each.target, self.row_of(each.iter), None)
        meaning = self._expression(node.elt)
        self.names = outer
        return _Rows(meaning.key) if isinstance(meaning, _Row) else None

    def call(self, node: ast.Call) -> _Meaning | None:
        if (key := self.get_model(node)) is not None:
            return _Model(key)
        arguments = [self._expression(arg) for arg in [*node.args, *(each.value for each in node.keywords)]]
        if isinstance(node.func, ast.Attribute):
            return self.method(node, node.func, arguments)
        if isinstance(node.func, ast.Name):
            meaning = self.names.get(node.func.id) or self.imported(node.func)
            if isinstance(meaning, _Model):
                return _Row(meaning.key, is_fresh=True)
            if node.func.id in _COPIES:
                return next((each for each in arguments if isinstance(each, _Rows)), None)
            self.function(node, node.func.id, arguments)
        else:
            self._expression(node.func)
        return None

    def get_model(self, node: ast.Call) -> Key | None:
        """``apps.get_model("blog", "Post")`` however it is spelled, also of the live registry; ``get_user_model()``."""
        match node.func:
            case ast.Name(id=name) if self.modules.get(name) == "django.contrib.auth.get_user_model":
                return USER_MODEL
            case ast.Name(id=name) if self.names.get(name) == "get_model":
                pass
            case ast.Attribute(value=owner, attr="get_model") if self.is_registry(_root(owner)):
                pass
            case _:
                return None
        named = [key for key in keys_of(node, self.texts) if key[1]]
        if len(named) == 1:
            return named[0]
        self.found.append(Effect("unknown", None, line=node.lineno))
        return None

    def is_registry(self, name: str) -> bool:
        """Whether ``apps``, or what ``get_app_config()`` gave, is the name of this."""
        config = self.variables.get(name)
        if isinstance(config, ast.Call) and ast.unparse(config.func).endswith(".get_app_config"):
            name = _root(config)
        return self.names.get(name) == "apps" or self.modules.get(name) == "django.apps.apps"

    def imported(self, node: ast.Name | ast.Attribute) -> _Model | None:
        """The model that an imported name gives: ``Post``, ``models.Post``, ``blog.models.Post``."""
        root, _, rest = ast.unparse(node).partition(".")
        dotted = ".".join(filter(None, (self.modules.get(root, "").rstrip("."), rest)))
        key = imported_model(dotted, self.migration.app) if root in self.modules else None
        return _Model(key) if key else None

    def function(self, node: ast.Call, name: str, arguments: list[_Meaning | None]) -> None:
        """A call of a plain name: followed into the file, harmless unless it is handed something that writes."""
        if name in self.migration.functions and name not in self.stack and not node.keywords:
            inner = _Reader(self.migration, {}, self.found, (*self.stack, name))
            inner.run(name, tuple(arguments))
        elif self.is_foreign(name):
            self.found.append(Effect("unknown", None, line=node.lineno))
        elif any(each in ("apps", "editor") or isinstance(each, _Model | _Row | _Rows) for each in arguments):
            if name not in ("print", "len", "str", "repr", "getattr", "isinstance", "type", "setattr"):
                self.found.append(Effect("unknown", None, line=node.lineno))
            elif name == "setattr":
                self.set_attribute(node, getattr(arguments[0], "key", None))

    def set_attribute(self, node: ast.Call, key: Key | None) -> None:
        """``setattr(post, "rank", post.rank + 1)``."""
        match node.args:
            case [ast.Name(id=row), ast.Constant(value=str() as column), value]:
                written = self.written(value, row, column)
                self.changed.setdefault(row, []).append(_Change(column, written.kind, written.reads))
            case _:
                self.found.append(Effect("derive", key, line=node.lineno))

    def is_foreign(self, name: str) -> bool:
        """Whether a name is imported from code that may do anything: most of Django and Python does nothing to rows."""
        module = self.modules.get(name, "")
        root = module.partition(".")[0]
        return bool(module) and (
            module.startswith(_DO_MORE) or not (root == "django" or root in sys.stdlib_module_names)
        )

    def is_default(self, func: ast.expr) -> bool:
        """Whether a field of this migration has the callable as its default: it makes a value and no more."""
        return f"default={ast.unparse(func)}".encode() in self.migration.source

    def method(self, node: ast.Call, func: ast.Attribute, arguments: list[_Meaning | None]) -> _Meaning | None:
        owner = self._expression(func.value)
        name = func.attr
        match owner:
            case "editor":
                if name in ("execute", "deferred_sql"):
                    self.found.append(Effect("unknown", None, line=node.lineno))
                return None
            case "apps":
                if name != "get_app_config":
                    self.found.append(Effect("unknown", None, line=node.lineno))
                return None
            case _Rows(key=key):
                return self.rows_method(node, key, name)
            case _Row(key=key):
                self.row_method(node, func, owner, name)
                return None
        if (
            name.startswith(("execute", "copy", "callproc"))
            or "apps" in arguments
            or "editor" in arguments
            or name in _WRITING_NAMES
            or (name == "update" and node.keywords)
            or name == "get_model"
            or (name not in _COLLECTS and any(isinstance(each, _Model | _Row | _Rows) for each in arguments))
        ):
            self.found.append(Effect("create" if name in _INSERTS else "unknown", None, line=node.lineno))
        elif self.is_default(func):
            return None
        elif name in ("update", "add", "set", "remove", "clear") or self.is_foreign(_root(func)):
            if (
                isinstance(self.names.get(_root(func)), _Row)
                or "objects" in ast.unparse(func)
                or self.is_foreign(_root(func))
            ):
                self.found.append(Effect("unknown", None, line=node.lineno))
        return None

    def rows_method(self, node: ast.Call, key: Key, name: str) -> _Meaning | None:
        if name == "update":
            for each in node.keywords:
                written = self.written(each.value, "", each.arg or "")
                reads = written.reads
                self.found.append(Effect(written.kind, key, written.column, node.lineno, reads=reads))
            return None
        if name == "bulk_update":
            self.bulk_update(node, key)
            return None
        if name in _WRITES:
            kind = _WRITES[name]
            if kind == "ensure" and not _is_constant(node):
                kind = "accumulate" if self.adds_up(node) else "derive"
            if kind == "create" and (
                self.is_guarded or any(each.arg in ("ignore_conflicts", "update_conflicts") for each in node.keywords)
            ):
                kind = "derive"
            given = tuple(
                (each.arg or "", each.value.value) for each in node.keywords if isinstance(each.value, ast.Constant)
            )
            self.found.append(Effect(kind, key, "", node.lineno, given))
        elif name not in _READS:
            self.found.append(Effect("unknown", key, "", node.lineno))
        return _Row(key) if name in _TO_ROW else _Rows(key) if name in _READS else None

    def adds_up(self, node: ast.Call) -> bool:
        """Whether a value that is given is computed from a column: ``F("count") + 1``, ``row.count + 1``."""
        for each in ast.walk(node):
            for inner in ast.walk(each) if isinstance(each, ast.BinOp) else ():
                is_row = isinstance(inner, ast.Name) and isinstance(self.names.get(inner.id), _Row)
                if is_row or (isinstance(inner, ast.Call) and ast.unparse(inner.func).rpartition(".")[2] == "F"):
                    return True
        return False

    def bulk_update(self, node: ast.Call, key: Key) -> None:
        listed = [*node.args[1:2], *(each.value for each in node.keywords if each.arg == "fields")]
        items = [item for arg in listed if isinstance(arg, ast.List | ast.Tuple) for item in arg.elts]
        columns = [item.value for item in items if isinstance(item, ast.Constant)]
        changes = [change for each in self.changed.values() for change in each]
        changes.sort(key=lambda change: _WORST.index(change.kind))
        assigned = {each.column: each for each in changes}
        for column in map(str, columns or [""]):
            change = assigned.get(column, _Change(column, "derive"))
            self.found.append(Effect(change.kind, key, column, node.lineno, reads=change.reads))

    def saved(self, node: ast.Call, changed: list[_Change]) -> list[_Change]:
        """The columns that a save() writes: those of ``update_fields`` if it says them, else those that were set."""
        said = next((each.value for each in node.keywords if each.arg == "update_fields"), None)
        if not isinstance(said, ast.List | ast.Tuple | ast.Set):
            return changed
        known = {each.column: each for each in changed}
        columns = [str(item.value) for item in said.elts if isinstance(item, ast.Constant)]
        return [known.get(column, _Change(column, "derive")) for column in columns] or changed

    def row_method(self, node: ast.Call, func: ast.Attribute, row: _Row, name: str) -> None:
        if name == "delete":
            self.found.append(Effect("delete", row.key, "", node.lineno))
        elif name == "save":
            if row.is_fresh:
                self.found.append(Effect("derive" if self.is_guarded else "create", row.key, "", node.lineno))
                return
            variable = func.value.id if isinstance(func.value, ast.Name) else ""
            if any(each.column in ("pk", "id") for each in self.changed.get(variable, [])):
                self.found.append(Effect("create", row.key, "", node.lineno))
            for each in self.saved(node, self.changed.get(variable, [_Change("", "derive")])):
                self.found.append(Effect(each.kind, row.key, each.column, node.lineno, reads=each.reads))
        elif name not in ("refresh_from_db", "clean", "full_clean") and not name.startswith("get_"):
            self.found.append(Effect("unknown", row.key, "", node.lineno))


def _listed_columns(target: ast.expr, over: ast.expr) -> dict[str, ast.expr]:
    """The variables of a loop over ``values_list("pk", "rank")`` as columns of a row."""
    match target, over:
        case ast.Tuple(elts=names), ast.Call(func=ast.Attribute(attr="values_list"), args=columns):
            pairs = zip(names, columns, strict=False)
        case ast.Name(), ast.Call(func=ast.Attribute(attr="values_list"), args=[column]):
            pairs = zip([target], [column], strict=True)
        case _:
            return {}
    return {
        name.id: ast.Attribute(ast.Name("row", ast.Load()), column.value, ast.Load())
        for name, column in pairs
        if isinstance(name, ast.Name) and isinstance(column, ast.Constant) and isinstance(column.value, str)
    }


def _root(node: ast.expr) -> str:
    """The name that ``post.author.tags`` starts with."""
    while isinstance(node, ast.Attribute | ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    return node.id if isinstance(node, ast.Name) else ""


def _asks(test: ast.expr) -> bool:
    """Whether a condition asks the database what is there."""
    return any(
        isinstance(each, ast.Attribute) and each.attr in ("exists", "count", "first", "filter", "get")
        for each in ast.walk(test)
    )


def _is_constant(node: ast.Call) -> bool:
    """Whether a call is given plain values and names only."""
    given = [*node.args, *(each.value for each in node.keywords)]
    return not any(isinstance(each, ast.Call | ast.BinOp | ast.JoinedStr) for arg in given for each in ast.walk(arg))
