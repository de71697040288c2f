"""Apply edits to the bytes of a file, in one pass that only visits the parts it changes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from migfix.source.edits import (
    AddAttribute,
    AddFunction,
    AddImport,
    Comment,
    Edit,
    Insert,
    Move,
    Remove,
    RemoveAttribute,
    RemoveDefinition,
    RemoveImport,
    Replace,
    ReplaceText,
)
from migfix.source.formatting import line_length
from migfix.source.migration import Where
from migfix.source.text import with_texts
from migfix.syntax.attributes import assignment, class_index, has_attribute, with_attribute, without_attribute
from migfix.syntax.containers import (
    SPACE,
    Child,
    Children,
    Container,
    Gap,
    children_of,
    commented,
    exploded,
    inserted,
    moved,
    put_together,
    removed,
)
from migfix.syntax.imports import with_import, without_import

TreeEdit = Insert | Remove | Move | Replace | Comment
Placed = tuple[Where, TreeEdit]
"""An edit, and the remaining part of the path to its place."""


class CannotEdit(Exception):
    """The file uses syntax that LibCST can't parse."""


Statement = cst.SimpleStatementLine | cst.BaseCompoundStatement


def apply_edits(source: bytes, edits: Iterable[Edit]) -> bytes:
    """The source of one file with all ``edits`` applied. The rest of the file is unchanged, byte for byte.

    All places refer to the original source: an edit doesn't shift the place of another. Raises CannotEdit for a file
    that LibCST can't parse although Python can.
    """
    edits = tuple(edits)
    texts = [(edit.span, edit.code) for edit in edits if isinstance(edit, ReplaceText)]
    try:
        module = cst.parse_module(with_texts(source, texts) if texts else source)
    except cst.ParserSyntaxError as error:
        raise CannotEdit(f"LibCST can't parse line {error.raw_line} of it") from None
    if missing := _missing(edits, module):
        kept = [edit for edit in edits if not (isinstance(edit, Insert) and edit.where[0] in missing)]
        edits = (*kept, *(_as_attribute(name, own, module) for name, own in missing.items()))
    tree_edits = [edit for edit in edits if isinstance(edit, TreeEdit)]
    if tree_edits:
        module = Rewriter(module).rewritten(tree_edits)
    for edit in edits:
        match edit:
            case AddAttribute(name=name, code=code):
                module = with_attribute(module, name, code)
            case RemoveAttribute(name=name):
                module = without_attribute(module, name)
            case AddFunction(code=code):
                module = _with_function(module, code)
            case RemoveDefinition(name=name):
                module = _without_definition(module, name)
    for edit in edits:
        match edit:
            case AddImport(module=name, name=imported):
                module = with_import(module, name, imported)
            case RemoveImport(bound=bound):
                module = without_import(module, bound)
    return module.bytes


def _in_named_list(edit: TreeEdit, body: Sequence[cst.CSTNode]) -> TreeEdit:
    """The edit in the list of the class whose name its path comes to: ``state_operations=state_operations``."""
    _, _, statement = assignment(body, str(edit.where[0]))
    node = statement.value
    for depth, index in enumerate(edit.where[1:-1], 1):
        if not isinstance(node, Container):
            break
        node = _value(children_of(node).nodes[int(index)])
        if isinstance(node, cst.Name):
            return _in_named_list(replace(edit, where=(node.value, *edit.where[depth + 1 :])), body)
    return edit


def _missing(edits: tuple[Edit, ...], module: cst.Module) -> dict[str, list[Insert]]:
    """The inserts into lists that the class doesn't set, by attribute name. ``dependencies`` may be missing."""
    found: dict[str, list[Insert]] = {}
    for edit in edits:
        if isinstance(edit, Insert) and not has_attribute(module, str(edit.where[0])):
            found.setdefault(str(edit.where[0]), []).append(edit)
    return found


def _as_attribute(name: str, inserts: list[Insert], module: cst.Module) -> AddAttribute:
    lines = [f"{module.default_indent}{each.code},\n" for each in inserts]
    return AddAttribute(inserts[0].path, name, "".join(["[\n", *lines, "]"]))


@dataclass(frozen=True)
class Rewriter:
    """Edits the attributes of the Migration class in one module."""

    module: cst.Module

    def rewritten(self, edits: list[TreeEdit]) -> cst.Module:
        index = class_index(self.module)
        node = cst.ensure_type(self.module.body[index], cst.ClassDef)
        body = list(node.body.body)
        edits = [_in_named_list(edit, body) for edit in edits]
        for name in dict.fromkeys(edit.where[0] for edit in edits):
            line, position, statement = assignment(body, str(name))
            chosen = [(edit.where[1:], edit) for edit in edits if edit.where[0] == name]
            assert statement.value is not None
            was = cst.Arg(statement.value, keyword=cst.Name(str(name)))
            new = was.with_changes(value=self.edited(statement.value, chosen, 1))
            fitting = self.fitted(new, 0) if len(_code(new)) > len(_code(was)) else new
            changed = statement.with_changes(value=_value(fitting))
            outer = cst.ensure_type(body[line], cst.SimpleStatementLine)
            small = [*outer.body[:position], changed, *outer.body[position + 1 :]]
            body[line] = outer.with_changes(body=small)
        changed_class = node.with_changes(body=node.body.with_changes(body=body))
        return self.module.with_changes(body=[*self.module.body[:index], changed_class, *self.module.body[index + 1 :]])

    def edited(self, node: cst.BaseExpression, edits: list[Placed], depth: int) -> cst.BaseExpression:
        """An expression with its edits applied. Its children are ``depth`` steps deeper than the class body."""
        own = next((edit for where, edit in edits if not where and isinstance(edit, Replace)), None)
        if own is not None:
            return self.expression(own.code, depth - 1)
        if not isinstance(node, Container):
            raise LookupError(f"no place {edits[0][1].where} in a {type(node).__name__}")
        inner = [(where, edit) for where, edit in edits if len(where) > 1 or isinstance(edit, Replace)]
        children = self._with_inner_edits(children_of(node), inner, depth)
        direct = [(int(where[0]), edit) for where, edit in edits if len(where) == 1 and not isinstance(edit, Replace)]
        if not direct:
            return put_together(node, children)
        must_break = any(_needs_lines(edit) for _, edit in direct)
        if not children.is_multiline and not must_break:
            return put_together(node, self._with_direct_edits(node, children, direct, depth, SPACE))
        fresh = self.line(children, depth)
        return put_together(node, self._with_direct_edits(node, exploded(children, fresh), direct, depth, fresh))

    def _with_inner_edits(self, children: Children, edits: list[Placed], depth: int) -> Children:
        nodes = list(children.nodes)
        for index in dict.fromkeys(int(where[0]) for where, _ in edits):
            below = [(where[1:], edit) for where, edit in edits if where[0] == index]
            step = depth + 1 if children.is_multiline else depth
            changed = nodes[index].with_changes(value=self.edited(_value(nodes[index]), below, step))
            has_grown = len(_code(changed)) > len(_code(nodes[index]))
            nodes[index] = self.fitted(changed, depth) if children.is_multiline and has_grown else changed
        return replace(children, nodes=tuple(nodes))

    def _with_direct_edits(
        self, node: Container, children: Children, edits: Sequence[tuple[int, TreeEdit]], depth: int, fresh: Gap
    ) -> Children:
        """Apply edits from the last place to the first, so that none of them shifts the place of another."""
        moves = [(index, edit.to) for index, edit in edits if isinstance(edit, Move)]
        last_first = list(reversed(edits))
        for index, edit in sorted(last_first, key=lambda pair: (-pair[0], isinstance(pair[1], Insert))):
            match edit:
                case Remove():
                    children = removed(children, index)
                case Comment(text=text):
                    children = commented(children, index, text)
                case Insert(code=code, comment=comment):
                    children = inserted(children, index, self.child(node, code, depth), comment, fresh)
                    moves = [(source + (source >= index), to + (to >= index)) for source, to in moves]
        return moved(children, moves) if moves else children

    def fitted(self, child: Child, depth: int) -> Child:
        """A child on its own line. If it has become too long, its children are on one line each, as black does."""
        code = _code(child)
        value = _value(child)
        room = line_length() - len(self.module.default_indent.expandtabs(4)) * (depth + 1) - 1
        if (
            not isinstance(value, Container)
            or (max(map(len, code.splitlines())) <= room and "\n" not in code)
            or children_of(value).is_multiline
        ):
            return child
        children = exploded(children_of(value), self.line(children_of(value), depth + 1))
        nodes = tuple(self.fitted(each, depth + 1) for each in children.nodes)
        return child.with_changes(value=put_together(value, replace(children, nodes=nodes)))

    def line(self, children: Children, depth: int) -> Gap:
        """The gap for a new line with the indentation of the other children, or ``depth`` steps if there are none."""
        for gap in children.gaps:
            if isinstance(gap, cst.ParenthesizedWhitespace):
                return gap.with_changes(first_line=cst.TrailingWhitespace(), empty_lines=[])
        return cst.ParenthesizedWhitespace(
            indent=True, last_line=cst.SimpleWhitespace(self.module.default_indent * depth)
        )

    def expression(self, code: str, depth: int) -> cst.BaseExpression:
        return cst.parse_expression(self._placed(code, depth), self.module.config_for_parsing)

    def child(self, node: Container, code: str, depth: int) -> Child:
        """``code`` as a child of ``node``, with all lines after the first indented to ``depth``."""
        opening, closing = {cst.Call: ("f(", ")"), cst.Dict: ("{", "}")}.get(type(node), ("[", "]"))
        parsed = self.expression(opening + code + closing, depth)
        if isinstance(parsed, cst.Call):
            return parsed.args[0]
        assert isinstance(parsed, cst.List | cst.Dict)
        return parsed.elements[0]

    def _placed(self, code: str, depth: int) -> str:
        indent = self.module.default_indent
        lines = [line.replace("    ", indent) if indent == "\t" else line for line in code.split("\n")]
        return (self.module.default_newline + indent * depth).join(lines)


def _needs_lines(edit: TreeEdit) -> bool:
    return isinstance(edit, Comment) or (isinstance(edit, Insert) and (edit.comment is not None or "\n" in edit.code))


def _code(child: Child) -> str:
    return cst.Module([]).code_for_node(child.with_changes(comma=cst.MaybeSentinel.DEFAULT))


def _value(child: Child) -> cst.BaseExpression:
    assert isinstance(child, cst.Element | cst.DictElement | cst.Arg)
    return child.value


def _with_function(module: cst.Module, code: str) -> cst.Module:
    indent = module.default_indent
    if indent == "\t":
        code = code.replace("    ", "\t")
    parsed = cst.parse_module(code.replace("\n", module.default_newline), module.config_for_parsing).body[0]
    function = parsed.with_changes(leading_lines=[cst.EmptyLine(indent=False)] * 2)
    index = class_index(module)
    node = cst.ensure_type(module.body[index], cst.ClassDef)
    blank = next((i for i, line in enumerate(node.leading_lines) if line.comment), len(node.leading_lines))
    if blank < 2:
        node = node.with_changes(leading_lines=[*[cst.EmptyLine(indent=False)] * (2 - blank), *node.leading_lines])
    return module.with_changes(body=[*module.body[:index], function, node, *module.body[index + 1 :]])


def _without_definition(module: cst.Module, name: str) -> cst.Module:
    """The module without a function or constant and the comment above it. Comments before a blank line stay."""
    body = list(module.body)
    for index, node in enumerate(body):
        if _defined(node) == name:
            lines = list(node.leading_lines)
            blank = max((i for i, line in enumerate(lines) if not line.comment), default=-1)
            apart = lines[: blank + 1] if any(line.comment for line in lines[: blank + 1]) else []
            body[index : index + 2] = [_below(apart, following) for following in body[index + 1 : index + 2]]
            break
    return module.with_changes(body=body)


def _defined(node: cst.CSTNode) -> str:
    """The name of a function, or of a constant whose assignment has its own line; else ""."""
    match node:
        case cst.FunctionDef(name=cst.Name(value=name)):
            return name
        case cst.SimpleStatementLine(body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))])]):
            return name
        case cst.SimpleStatementLine(body=[cst.AnnAssign(target=cst.Name(value=name))]):
            return name
    return ""


def _below(lines: Sequence[cst.EmptyLine], statement: Statement) -> Statement:
    if not lines or not isinstance(statement, cst.FunctionDef | cst.ClassDef | cst.SimpleStatementLine):
        return statement
    blanks = [line for line in statement.leading_lines if not line.comment]
    last = next((i for i, line in enumerate(reversed(lines)) if line.comment), 0)
    kept = [*lines[: len(lines) - last], *blanks] if blanks else lines
    return statement.with_changes(leading_lines=[*kept, *statement.leading_lines[len(blanks) :]])
