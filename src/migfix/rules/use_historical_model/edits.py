"""Makes functions get their models from the registry, as edits."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from migfix.history import History
from migfix.history.dependencies import dependency_edit, is_guaranteed, needs_user
from migfix.rules.use_historical_model.differences import Historical
from migfix.rules.use_historical_model.models import LiveModel
from migfix.rules.use_historical_model.uses import DataFunction, Use
from migfix.source.data_functions.scopes import module_names_read
from migfix.source.edits import AddImport, Edit, Insert, RemoveImport, ReplaceText
from migfix.source.formatting import call, literal, quote_of, render, with_quotes
from migfix.source.migration import Migration, Span
from migfix.source.parse import syntax_tree
from migfix.source.text import decode, with_texts

USER = "settings.AUTH_USER_MODEL"
SWAPPABLE = f"migrations.swappable_dependency({USER})"


def function_edits(migration: Migration, each: DataFunction, found: dict[Use, Historical]) -> Iterator[ReplaceText]:
    """Replace the live models of one function where each is imported, named or called."""
    assert each.apps is not None
    quote = quote_of(migration.source)
    tops = {use.variable: _got(use, found[use], each.apps, quote, 4) for use in found if use.place is None}
    named = {use.variable: use for use in found if use.place and use.kind == "name"}
    tops |= {name: _got(use, found[use], each.apps, quote, 4) for name, use in named.items() if name not in tops}
    if tops:
        line, indent = _top(each)
        code = "".join(indent + text.replace("\n    ", f"\n{indent}") + "\n" for text in tops.values())
        if isinstance(each.first, ast.FunctionDef | ast.ClassDef):
            code += "\n"
        yield ReplaceText(migration.path, (line, 0, line, 0), code)
    statements: dict[Span, list[Use]] = {}
    for use in found:
        if use.place is None:
            continue
        match use.kind:
            case "statement":
                statements.setdefault(use.place, []).append(use)
            case "call":
                yield ReplaceText(migration.path, use.place, f"{each.apps}.get_model({USER})")
            case "name":
                yield ReplaceText(migration.path, use.place, use.variable)
            case "registry":
                yield ReplaceText(migration.path, use.place, each.apps)
    for place, uses in statements.items():
        lines = [_got(use, found[use], each.apps, quote, place[1]) for use in uses]
        lines += _left_of_import(each, place, {use.variable for use in uses})
        yield ReplaceText(migration.path, place, ("\n" + " " * place[1]).join(lines))


def _got(use: Use, model: Historical, apps: str, quote: str, indent: int) -> str:
    """``Post = apps.get_model("blog", "Post")``."""
    head = f"{use.variable} = {apps}.get_model"
    if isinstance(use.model, LiveModel) and use.model.is_user:
        return render(call(head, USER), indent)
    return with_quotes(render(call(head, literal(model.app), literal(model.name)), indent), quote)


def _left_of_import(each: DataFunction, place: Span, gone: set[str]) -> list[str]:
    """The rest of an import inside the function, without the models."""
    for node in ast.walk(each.node):
        if isinstance(node, ast.ImportFrom) and node.lineno + each.offset == place[0]:
            left = [alias for alias in node.names if (alias.asname or alias.name) not in gone]
            return [ast.unparse(ast.ImportFrom(node.module, left, node.level))] if left else []
    return []


def _top(each: DataFunction) -> tuple[int, str]:
    """The line of the file where the body begins, after a docstring and before comments, and its indentation."""
    lines = each.function.code.split("\n")
    first = each.first
    line = min([first.lineno, *(one.lineno for one in getattr(first, "decorator_list", []))])
    while lines[line - 2].lstrip().startswith("#") and lines[line - 2].startswith((" ", "\t")):
        line -= 1
    return line + each.offset, lines[first.lineno - 1][: first.col_offset]


def dependency_edits(
    migration: Migration, found: Iterable[tuple[Use, Historical]], history: History
) -> tuple[list[Edit], list[str]]:
    """The edits that add missing dependencies on the models, and the names of these dependencies, to be printed."""
    edits: dict[Edit, None] = {}
    added: dict[str, None] = {}
    for use, model in found:
        if isinstance(use.model, LiveModel) and use.model.is_user:
            edits[AddImport(migration.path, "django.conf", "settings")] = None
            if needs_user(migration, history):
                edits[Insert(migration.path, ("dependencies", len(migration.dependencies)), SWAPPABLE)] = None
                added[USER] = None
        elif model.needs and not is_guaranteed(migration, model.needs, history):
            edits[dependency_edit(migration, model.needs)] = None
            added[".".join(model.needs)] = None
    return list(edits), list(added)


def cleaning_edits(migration: Migration, texts: list[ReplaceText]) -> Iterator[Edit]:
    """Remove what is unused once ``texts`` are replaced: imports, and ``User = get_user_model()``."""
    changed = [(each.span, each.code) for each in texts]
    gone = [(span, "") for span in _unused_constants(migration, with_texts(migration.source, changed))]
    yield from (ReplaceText(migration.path, *each) for each in gone)
    needed = module_names_read(decode(with_texts(migration.source, [*changed, *gone])))
    was_needed = module_names_read(decode(migration.source))
    for each in migration.imports:
        if each.bound in was_needed - needed:
            yield RemoveImport(migration.path, each.bound)


def _unused_constants(migration: Migration, source: bytes) -> list[Span]:
    """The spans of assignments that nothing in ``source`` reads any more, with the blank lines above."""
    unread = module_names_read(decode(migration.source)) - module_names_read(decode(source))
    lines = decode(migration.source).split("\n")
    found = []
    for node in syntax_tree(migration.source).body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)]) if name in unread:
                first = node.lineno
                while first > 2 and not lines[first - 2].strip():
                    first -= 1
                found.append(
                    (first - 1, len(lines[first - 2].encode()), node.end_lineno or 0, node.end_col_offset or 0)
                )
    return found
