"""Lists, calls and dicts as children with the gaps around them, so that comments stay where they belong.

The first line of a gap contains the comment at the end of the previous child's line. Its other lines contain the
comments above the next child. LibCST stores these gaps in commas and brackets, a little differently for each kind of
container; here they are a plain tuple.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import libcst as cst

Container = cst.List | cst.Tuple | cst.Set | cst.Call | cst.Dict
Child = cst.BaseElement | cst.BaseDictElement | cst.Arg
Gap = cst.BaseParenthesizableWhitespace

NOTHING = cst.SimpleWhitespace("")
SPACE = cst.SimpleWhitespace(" ")


@dataclass(frozen=True)
class Children:
    """The children of a container and the gaps around them: before each one, and before the closing bracket."""

    nodes: tuple[Child, ...]
    gaps: tuple[Gap, ...]
    closing: Gap
    has_trailing_comma: bool

    @property
    def is_multiline(self) -> bool:
        gaps = self.gaps if self.nodes else (self.closing,)
        return any(isinstance(gap, cst.ParenthesizedWhitespace) for gap in gaps)


def children_of(node: Container) -> Children:
    """The children of a container, with the gaps around them."""
    nodes: tuple[Child, ...] = tuple(node.args if isinstance(node, cst.Call) else node.elements)
    opening, closing = _brackets(node)
    if not nodes:
        return Children((), (), opening if isinstance(opening, cst.ParenthesizedWhitespace) else closing, False)
    between = [child.comma.whitespace_after if isinstance(child.comma, cst.Comma) else SPACE for child in nodes[:-1]]
    comma = nodes[-1].comma
    if isinstance(node, cst.Call) and isinstance(comma, cst.Comma):
        closing = comma.whitespace_after
    return Children(nodes, (opening, *between), closing, isinstance(comma, cst.Comma))


def put_together(node: Container, children: Children) -> Container:
    """The container with other children. The gaps determine its commas and brackets."""
    is_call = isinstance(node, cst.Call)
    nodes: list[Child] = []
    for child, gap in zip(children.nodes, (*children.gaps, children.closing)[1:], strict=True):
        old = child.comma if isinstance(child.comma, cst.Comma) else cst.Comma()
        is_last = len(nodes) == len(children.nodes) - 1
        comma: cst.Comma | cst.MaybeSentinel = old.with_changes(
            whitespace_after=gap if is_call or not is_last else NOTHING
        )
        if is_last and not children.has_trailing_comma:
            comma = cst.MaybeSentinel.DEFAULT
        after = (
            {"whitespace_after_arg": gap if is_last and not children.has_trailing_comma else NOTHING} if is_call else {}
        )
        nodes.append(child.with_changes(comma=comma, **after))
    opening = children.gaps[0] if nodes else children.closing
    return _with_brackets(node, nodes, opening, children.closing if nodes else NOTHING)


def _brackets(node: Container) -> tuple[Gap, Gap]:
    match node:
        case cst.Call():
            last = node.args[-1].whitespace_after_arg if node.args else NOTHING
            return node.whitespace_before_args, last
        case cst.List():
            return node.lbracket.whitespace_after, node.rbracket.whitespace_before
        case cst.Set() | cst.Dict():
            return node.lbrace.whitespace_after, node.rbrace.whitespace_before
    return (node.lpar[0].whitespace_after, node.rpar[0].whitespace_before) if node.lpar else (NOTHING, NOTHING)


def _with_brackets(node: Container, nodes: list[Child], opening: Gap, closing: Gap) -> Container:
    match node:
        case cst.Call():
            return node.with_changes(args=nodes, whitespace_before_args=opening)
        case cst.List():
            brackets: dict[str, object] = {
                "lbracket": node.lbracket.with_changes(whitespace_after=opening),
                "rbracket": node.rbracket.with_changes(whitespace_before=closing),
            }
        case cst.Set() | cst.Dict():
            brackets = {
                "lbrace": node.lbrace.with_changes(whitespace_after=opening),
                "rbrace": node.rbrace.with_changes(whitespace_before=closing),
            }
        case _:
            brackets = {
                "lpar": [cst.LeftParen(whitespace_after=opening), *node.lpar[1:]],
                "rpar": [cst.RightParen(whitespace_before=closing), *node.rpar[1:]],
            }
    return node.with_changes(elements=nodes, **brackets)


def inserted(children: Children, index: int, child: Child, comment: str | None, fresh: Gap) -> Children:
    """The children with ``child`` before child ``index``; ``fresh`` is the gap of a new line, or a space."""
    if not children.nodes:
        closing = outdented(fresh) if isinstance(fresh, cst.ParenthesizedWhitespace) else NOTHING
        return Children(
            (child,),
            (with_comment(_ending(children.closing, NOTHING if fresh is SPACE else fresh), comment),),
            closing,
            children.is_multiline or fresh is not SPACE,
        )
    if index == 0 and fresh is SPACE:
        gaps: tuple[Gap, ...] = (children.gaps[0], SPACE, *children.gaps[1:])
        return replace(children, nodes=(child, *children.nodes), gaps=gaps)
    is_last = index == len(children.nodes)
    there = children.closing if is_last else children.gaps[index]
    before, after = with_comment(_ending(there, fresh), comment), _leading(there, fresh)
    nodes = (*children.nodes[:index], child, *children.nodes[index:])
    if is_last:
        trailing = children.has_trailing_comma or isinstance(there, cst.ParenthesizedWhitespace)
        return Children(nodes, (*children.gaps, before), after, trailing)
    return replace(children, nodes=nodes, gaps=(*children.gaps[:index], before, after, *children.gaps[index + 1 :]))


def removed(children: Children, index: int) -> Children:
    """The children without child ``index`` and the comments that belong to it."""
    gaps = (*children.gaps, children.closing)
    left = _joined(gaps[index], gaps[index + 1])
    gaps = (*gaps[:index], left, *gaps[index + 2 :])
    nodes = children.nodes[:index] + children.nodes[index + 1 :]
    has_comma = children.has_trailing_comma and bool(nodes)
    closing = gaps[-1] if nodes or _has_comment(gaps[-1]) else NOTHING
    return Children(nodes, gaps[:-1], closing, has_comma)


def moved(children: Children, moves: list[tuple[int, int]]) -> Children:
    """The children with some moved before others, each with the comments above it and at the end of its line."""
    order = [index for index in range(len(children.nodes)) if index not in dict(moves)]
    for source, to in moves:
        place = next((i for i, index in enumerate(order) if index >= to), len(order))
        while place < len(order) and order[place] in dict(moves) and dict(moves)[order[place]] == to:
            place += 1
        order.insert(place, source)
    gaps = (*children.gaps, children.closing)
    if not all(isinstance(gap, cst.ParenthesizedWhitespace) for gap in gaps):
        return replace(children, nodes=tuple(children.nodes[index] for index in order))
    ends = [gaps[0].first_line, *(gaps[index + 1].first_line for index in order)]  # type: ignore[attr-defined]
    starts = [*(gaps[index].empty_lines for index in order), children.closing.empty_lines]  # type: ignore[attr-defined]
    made = tuple(
        gap.with_changes(first_line=end, empty_lines=start) for gap, end, start in zip(gaps, ends, starts, strict=True)
    )
    return replace(children, nodes=tuple(children.nodes[index] for index in order), gaps=made[:-1], closing=made[-1])


def commented(children: Children, index: int, comment: str) -> Children:
    """The children with a comment line above child ``index``."""
    gap = with_comment(children.gaps[index], comment)
    return replace(children, gaps=(*children.gaps[:index], gap, *children.gaps[index + 1 :]))


def exploded(children: Children, fresh: Gap) -> Children:
    """The children with one on each line, as black does if they don't fit on one. Multi-line children are kept."""
    if children.nodes and all(
        isinstance(gap, cst.ParenthesizedWhitespace) for gap in (*children.gaps, children.closing)
    ):
        return children
    gaps = tuple(gap if isinstance(gap, cst.ParenthesizedWhitespace) else fresh for gap in children.gaps)
    closing = children.closing if isinstance(children.closing, cst.ParenthesizedWhitespace) else outdented(fresh)
    return Children(children.nodes, gaps, closing, True) if children.nodes else children


def with_comment(gap: Gap, comment: str | None) -> Gap:
    """The gap with a comment above the child after it. Lines of ``comment`` may already start with ``#``."""
    if comment is None or not isinstance(gap, cst.ParenthesizedWhitespace):
        return gap
    texts = [text if text.startswith("#") else f"# {text}" for text in comment.split("\n")]
    lines = [cst.EmptyLine(indent=gap.indent, whitespace=gap.last_line, comment=cst.Comment(text)) for text in texts]
    return gap.with_changes(empty_lines=[*gap.empty_lines, *lines])


def outdented(gap: Gap) -> Gap:
    """The gap before a closing bracket: ``gap`` with one step less indentation."""
    if not isinstance(gap, cst.ParenthesizedWhitespace):
        return gap
    inner = gap.last_line.value
    return gap.with_changes(last_line=cst.SimpleWhitespace(inner[:-1] if inner.endswith("\t") else inner[:-4]))


def _ending(there: Gap, fresh: Gap) -> Gap:
    """The gap before an inserted child. It keeps the comment at the end of the line above."""
    if isinstance(fresh, cst.ParenthesizedWhitespace) and isinstance(there, cst.ParenthesizedWhitespace):
        return fresh.with_changes(first_line=there.first_line)
    return fresh


def _leading(there: Gap, fresh: Gap) -> Gap:
    """The gap after an inserted child. It keeps the comments above the next child."""
    if isinstance(there, cst.ParenthesizedWhitespace) and isinstance(fresh, cst.ParenthesizedWhitespace):
        return there.with_changes(first_line=cst.TrailingWhitespace(newline=there.first_line.newline))
    return there


def _joined(before: Gap, after: Gap) -> Gap:
    """The gap that remains when the child between two gaps is removed."""
    match before, after:
        case cst.ParenthesizedWhitespace(), cst.ParenthesizedWhitespace():
            return after.with_changes(first_line=before.first_line)
        case cst.ParenthesizedWhitespace(), _:
            return before.with_changes(empty_lines=[line for line in before.empty_lines if not line.comment])
        case _, cst.ParenthesizedWhitespace():
            return after.with_changes(first_line=cst.TrailingWhitespace(newline=after.first_line.newline))
    return after if after is NOTHING or not getattr(after, "value", "") else before


def _has_comment(gap: Gap) -> bool:
    return isinstance(gap, cst.ParenthesizedWhitespace) and any(line.comment for line in gap.empty_lines)
