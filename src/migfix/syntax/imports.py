"""Add import statements at their sorted place, and remove them when nothing needs them."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import libcst as cst

Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement


def with_import(module: cst.Module, name: str, imported: str | None) -> cst.Module:
    """The module with ``from name import imported``, or ``import name``, where isort would put it.

    The module is unchanged if it already has that import.
    """
    body: list[Statement] = list(module.body)
    for index, node in enumerate(body):
        statement = node.body[0] if isinstance(node, cst.SimpleStatementLine) else None
        if imported is None and isinstance(statement, cst.Import) and name in map(_alias, statement.names):
            return module
        if (
            imported
            and isinstance(statement, cst.ImportFrom)
            and _module(statement) == name
            and isinstance(statement.names, Sequence)
        ):
            body[index] = node.with_changes(
                body=[_with_name(statement, imported), *cst.ensure_type(node, cst.SimpleStatementLine).body[1:]]
            )
            return module.with_changes(body=body)
    return _with_line(module, name, imported)


def _with_name(statement: cst.ImportFrom, imported: str) -> cst.ImportFrom:
    assert isinstance(statement.names, Sequence)
    if any(_alias(each) == imported and each.asname is None for each in statement.names):
        return statement
    names = list(statement.names)
    place = next((i for i, each in enumerate(names) if _isort_key(_alias(each)) > _isort_key(imported)), len(names))
    style = next(
        (each.comma for each in names if isinstance(each.comma, cst.Comma)),
        cst.Comma(whitespace_after=cst.SimpleWhitespace(" ")),
    )
    added = cst.ImportAlias(name=cst.Name(imported))
    if place == len(names):
        names[-1], added = names[-1].with_changes(comma=style), added.with_changes(comma=names[-1].comma)
    else:
        added = added.with_changes(comma=style)
    names.insert(place, added)
    return statement.with_changes(names=names)


def _isort_key(name: str) -> tuple[int, str]:
    """The sort key of an imported name. isort sorts CONSTANTS first, then Classes, then functions."""
    return (0 if name.isupper() and len(name) > 1 else 1 if name[:1].isupper() else 2), name


def _with_line(module: cst.Module, name: str, imported: str | None) -> cst.Module:
    line = cst.parse_statement(
        f"from {name} import {imported}" if imported else f"import {name}", module.config_for_parsing
    )
    body: list[Statement] = list(module.body)
    lines = [(i, node) for i, node in enumerate(body) if isinstance(node, cst.SimpleStatementLine) and _is_import(node)]
    by_module = _is_sorted_by_module([node for _, node in lines])
    imports = [(i, _sort_key(node, by_module)) for i, node in lines]
    root = name.partition(".")[0]
    imports = [(i, each) for i, each in imports if each[2].partition(".")[0] == root] or imports
    key = _sort_key(cst.ensure_type(line, cst.SimpleStatementLine), by_module)
    after = [i for i, each in imports if each <= key]
    place = after[-1] + 1 if after else imports[0][0] if imports else int(module.get_docstring() is not None)
    sections = {i: each[0] for i, each in imports}
    is_known = key[0] in sections.values()
    if place in sections and (not after or sections[after[-1]] != key[0] == sections[place]):
        # the new first line of a section, or of the file, gets the blank lines above the old first line
        line, body[place] = _in_front_of(line, body[place], is_known)
    elif after and not is_known:
        line = line.with_changes(leading_lines=[cst.EmptyLine(indent=False)])
    body.insert(place, line)
    return module.with_changes(body=body)


def _in_front_of(line: Statement, following: Statement, is_same_section: bool) -> tuple[Statement, Statement]:
    own = [] if is_same_section else [cst.EmptyLine(indent=False)]
    return line.with_changes(leading_lines=following.leading_lines), following.with_changes(leading_lines=own)


def _is_sorted_by_module(lines: list[cst.SimpleStatementLine]) -> bool:
    """Whether ``import`` and ``from`` lines are mixed and sorted by module, as Django generated them before 5.0."""
    mixed, apart = [_sort_key(each, True) for each in lines], [_sort_key(each, False) for each in lines]
    return mixed == sorted(mixed) and apart != sorted(apart)


def _sort_key(node: cst.SimpleStatementLine, by_module: bool) -> tuple[int, int, str]:
    statement = node.body[0]
    if isinstance(statement, cst.Import):
        return _section(_alias(statement.names[0])), 0, _alias(statement.names[0])
    assert isinstance(statement, cst.ImportFrom)
    return _section(_module(statement)), 0 if by_module else 1, _module(statement)


def _section(name: str) -> int:
    root = name.partition(".")[0]
    return 0 if root == "__future__" else 1 if root in sys.stdlib_module_names else 2 if root else 4


def without_import(module: cst.Module, bound: str) -> cst.Module:
    """The module without the import that binds ``bound``. The blank line before a group of imports stays."""
    body: list[Statement] = []
    blank: list[cst.EmptyLine] = []
    for node in module.body:
        if isinstance(node, cst.SimpleStatementLine) and _is_import(node):
            kept = [each for statement in node.body if (each := _without_name(statement, bound))]
            if not kept:
                blank = [line for line in node.leading_lines[:1] if not line.comment] if body else []
                continue
            has_blank = any(not line.comment for line in node.leading_lines[:1])
            node = node.with_changes(body=kept, leading_lines=[*([] if has_blank else blank), *node.leading_lines])
        blank = []
        body.append(node)
    return module.with_changes(body=body)


def _without_name(statement: cst.BaseSmallStatement, bound: str) -> cst.BaseSmallStatement | None:
    if not isinstance(statement, cst.Import | cst.ImportFrom) or not isinstance(statement.names, Sequence):
        return statement
    kept = [each for each in statement.names if _bound_by(each, isinstance(statement, cst.ImportFrom)) != bound]
    has_brackets = isinstance(statement, cst.ImportFrom) and statement.lpar is not None
    if kept and len(kept) < len(statement.names):
        end = statement.names[-1].comma if has_brackets else cst.MaybeSentinel.DEFAULT
        kept[-1] = kept[-1].with_changes(comma=end)
    return statement.with_changes(names=kept) if kept else None


def _bound_by(alias: cst.ImportAlias, is_from: bool) -> str:
    if alias.asname is not None:
        return cst.ensure_type(alias.asname.name, cst.Name).value
    return _alias(alias) if is_from else _alias(alias).partition(".")[0]


def _is_import(node: cst.CSTNode) -> bool:
    return isinstance(node, cst.SimpleStatementLine) and isinstance(node.body[0], cst.Import | cst.ImportFrom)


def _alias(alias: cst.ImportAlias) -> str:
    return _dotted(alias.name)


def _module(statement: cst.ImportFrom) -> str:
    return "." * len(statement.relative) + (_dotted(statement.module) if statement.module else "")


def _dotted(node: cst.BaseExpression) -> str:
    if isinstance(node, cst.Attribute):
        return f"{_dotted(node.value)}.{node.attr.value}"
    return cst.ensure_type(node, cst.Name).value
