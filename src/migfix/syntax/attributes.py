"""Attributes of the Migration class, as whole statements: ``initial = True``."""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst


def class_index(module: cst.Module) -> int:
    """The index of the Migration class in the module body."""
    return max(
        i for i, node in enumerate(module.body) if isinstance(node, cst.ClassDef) and node.name.value == "Migration"
    )


def assignment(body: Sequence[cst.CSTNode], name: str) -> tuple[int, int, cst.Assign | cst.AnnAssign]:
    """The line and position of ``name = …`` in a class body, and its node. Raises LookupError if it isn't set."""
    for line, statement in enumerate(body):
        for position, small in enumerate(statement.body if isinstance(statement, cst.SimpleStatementLine) else ()):
            targets = [each.target for each in small.targets] if isinstance(small, cst.Assign) else []
            targets += [small.target] if isinstance(small, cst.AnnAssign) else []
            if isinstance(small, cst.Assign | cst.AnnAssign) and any(
                isinstance(t, cst.Name) and t.value == name for t in targets
            ):
                return line, position, small
    raise LookupError(name)


def has_attribute(module: cst.Module, name: str) -> bool:
    """Whether the class sets ``name``."""
    try:
        assignment(_body(module), name)
    except LookupError:
        return False
    return True


def with_attribute(module: cst.Module, name: str, code: str) -> cst.Module:
    """The module with ``name = code`` above the other attributes, below a docstring, and a blank line after it."""
    body = _body(module)
    parsed = cst.parse_statement(f"{name} = {code}", module.config_for_parsing)
    place = int(isinstance(body[0], cst.SimpleStatementLine) and _is_text(body[0].body[0]))
    added = cst.ensure_type(parsed, cst.SimpleStatementLine)
    blank = cst.EmptyLine(indent=False)
    if place == len(body):
        return _with_body(module, [*body, added.with_changes(leading_lines=[blank])])
    following = body[place]
    lines = list(_leading(following))
    has_blank = bool(lines) and lines[0].comment is None
    added = added.with_changes(leading_lines=[blank] if has_blank or place else [])
    following = following.with_changes(leading_lines=lines if has_blank else [blank, *lines])
    return _with_body(module, [*body[:place], added, following, *body[place + 1 :]])


def without_attribute(module: cst.Module, name: str) -> cst.Module:
    """The module without ``name = …`` in the class. The comments above it move to the next statement."""
    body = _body(module)
    line, position, _ = assignment(body, name)
    statement = cst.ensure_type(body[line], cst.SimpleStatementLine)
    if len(statement.body) > 1:
        kept = [each for index, each in enumerate(statement.body) if index != position]
        return _with_body(module, [*body[:line], statement.with_changes(body=kept), *body[line + 1 :]])
    rest = body[line + 1 :]
    if rest:
        comments = [each for each in statement.leading_lines if each.comment]
        rest[0] = rest[0].with_changes(leading_lines=[*_leading(rest[0]), *comments])
    return _with_body(module, [*body[:line], *rest])


def _body(module: cst.Module) -> list[cst.BaseStatement]:
    node = cst.ensure_type(module.body[class_index(module)], cst.ClassDef)
    return list(cst.ensure_type(node.body, cst.IndentedBlock).body)


def _with_body(module: cst.Module, body: Sequence[cst.BaseStatement]) -> cst.Module:
    index = class_index(module)
    node = cst.ensure_type(module.body[index], cst.ClassDef)
    changed = node.with_changes(body=node.body.with_changes(body=body))
    return module.with_changes(body=[*module.body[:index], changed, *module.body[index + 1 :]])


def _leading(statement: cst.BaseStatement) -> Sequence[cst.EmptyLine]:
    lines: Sequence[cst.EmptyLine] = getattr(statement, "leading_lines", ())
    return lines


def _is_text(small: cst.BaseSmallStatement) -> bool:
    return isinstance(small, cst.Expr) and isinstance(small.value, cst.SimpleString | cst.ConcatenatedString)
