"""What the rule finds, and what it writes."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.findings.words import listed
from migfix.history import History
from migfix.rules.use_connection_alias import RULE
from migfix.rules.use_connection_alias.editors import Editor, editors
from migfix.rules.use_connection_alias.uses import Use, uses
from migfix.source.edits import Edit, ReplaceText
from migfix.source.formatting import free_name
from migfix.source.migration import Migration, Opaque
from migfix.source.parse import nodes
from migfix.splitting.split import cleared

_NEXT = "Pass schema_editor to it, and use .using(schema_editor.connection.alias)."


@dataclass(frozen=True)
class _Found:
    """A function with its uses of the default database."""

    editor: Editor
    uses: tuple[Use, ...]


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Use the alias of the schema editor wherever a data function uses the default database."""
    for migration in migrations:
        yield from _of_lambdas(migration)
        modules = {each.bound: f"{each.module}.{each.name}" if each.name else each.module for each in migration.imports}
        found = []
        for each in editors(migration):
            used = () if _chooses(each.node) else tuple(uses(each.node, modules))
            if used:
                found.append(_Found(each, used))
        stuck = [each for each in found if each.editor.problem]
        yield from (_refusal(migration, each) for each in stuck)
        if found and not stuck:
            yield _rewrite(migration, found)


def _chooses(function: ast.FunctionDef) -> bool:
    """Whether the function compares the alias, and so runs on some databases on purpose."""
    compared = (each for each in nodes(function) if isinstance(each, ast.Compare))
    return any("alias" in ast.unparse(each) for each in compared)


def _of_lambdas(migration: Migration) -> Iterator[Refusal]:
    for op in migration.walk():
        given = (op.arguments.get(name) for name in ("code", "reverse_code")) if op.kind == "RunPython" else ()
        for code in (value.code for value in given if isinstance(value, Opaque)):
            if "lambda" in code and ".objects." in code and "using(" not in code:
                why = "a lambda changes the default database, also under `migrate --database`."
                next_step = "Write a function with apps and schema_editor instead. In it, use "
                next_step += ".using(schema_editor.connection.alias)."
                yield Refusal(RULE.code, migration.path, op.line, why, next_step)


def _refusal(migration: Migration, each: _Found) -> Refusal:
    name = each.editor.function.name
    why = (
        f"{name}() uses {_shown(each)} of the default database, also under `migrate --database`; {each.editor.problem}."
    )
    return Refusal(RULE.code, migration.path, each.editor.function.line, why, _NEXT)


def _shown(each: _Found) -> str:
    found = sorted(each.uses, key=lambda use: use.span)
    return listed(list(dict.fromkeys(use.shown for use in found))[:2])


def _rewrite(migration: Migration, found: list[_Found]) -> Rewrite:
    edits: list[Edit] = []
    gone: list[str] = []
    for each in found:
        edits += _edits(migration, each)
        gone += [use.shown for use in each.uses if use.code == "{editor}.connection"]
    names = [f"{each.editor.function.name}()" for each in found]
    verb = "uses" if len(found) == 1 else "use"
    why = f"{listed(names)} {verb} the default database, also under `migrate --database`: {_shown(found[0])}."
    wrote = "uses the database that is migrated, with the alias of the schema editor."
    line = min(each.editor.function.line for each in found)
    return Rewrite(RULE.code, migration.path, line, why, wrote, (*edits, *cleared(migration, (), gone)))


def _edits(migration: Migration, each: _Found) -> Iterator[Edit]:
    editor, offset = each.editor, each.editor.function.first_line - 1
    needs_alias = any("{alias}" in use.code for use in each.uses)
    alias = editor.alias or free_name("alias", editor.names)
    yield from (ReplaceText(migration.path, _moved(span, offset), code) for span, code in editor.named())
    if needs_alias and editor.alias is None:
        line, indent = editor.top
        text = f"{indent}{alias} = {editor.name}.connection.alias\n"
        yield ReplaceText(migration.path, (line + offset, 0, line + offset, 0), text)
    for use in each.uses:
        code = use.code.replace("{alias}", alias).replace("{editor}", editor.name)
        yield ReplaceText(migration.path, _moved(use.span, offset), code)


def _moved(span: tuple[int, int, int, int], offset: int) -> tuple[int, int, int, int]:
    return span[0] + offset, span[1], span[2] + offset, span[3]
