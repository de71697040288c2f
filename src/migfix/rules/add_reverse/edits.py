"""A reverse as edits, spelled and placed in the style of the file."""

from __future__ import annotations

from migfix.rules.add_reverse.copy_back import copy_back_edits, copy_back_name
from migfix.rules.add_reverse.verdict import CopyBack, Inverse, Noop
from migfix.source.edits import Comment, Edit, Insert
from migfix.source.formatting import Brackets, flatten, literal, quote_of, render, with_quotes
from migfix.source.migration import Argument, Call, Migration, Operation
from migfix.source.names import BACKWARD, FORWARD
from migfix.source.text import text_between


def reverse_edits(migration: Migration, op: Operation, verdict: Inverse | CopyBack | Noop) -> tuple[Edit, ...]:
    """The edits that add the reverse argument, positional if the whole call is, and its comment or function."""
    assert isinstance(op.value, Call)
    match verdict:
        case Inverse():
            code = _inverse(verdict, migration)
        case CopyBack():
            code = copy_back_name(verdict, migration)
        case _:
            code = _noop(migration, op)
    is_positional = all(argument.keyword is None for argument in op.value.arguments)
    text = code if is_positional else f"{BACKWARD[op.kind]}={code}"
    edits: list[Edit] = [Insert(migration.path, (*op.where, _place(op.kind, op.value.arguments)), text)]
    if isinstance(verdict, Noop) and verdict.comment:
        edits.append(Comment(migration.path, op.where, verdict.comment))
    if isinstance(verdict, CopyBack):
        edits += copy_back_edits(verdict, code, migration)
    return tuple(edits)


def described(op: Operation, verdict: Inverse | CopyBack | Noop) -> str:
    """A sentence on what was written."""
    match verdict:
        case CopyBack(columns=columns):
            back = " and ".join(f"{new} back to {old}" for old, new in columns)
            return f"{BACKWARD[op.kind]} copies {back}."
        case Inverse(statements=statements):
            return f"{BACKWARD[op.kind]} undoes it: {'; '.join(statements)}"
        case Noop(comment=None):
            return f"{BACKWARD[op.kind]} is a noop: running the operation again is harmless."
    return f"{BACKWARD[op.kind]} is a noop, with the comment: {verdict.comment}"


def _place(kind: str, arguments: tuple[Argument, ...]) -> int:
    """The index right after the forward argument."""
    return next((i + 1 for i, each in enumerate(arguments) if each.keyword in (None, FORWARD[kind])), len(arguments))


def _noop(migration: Migration, op: Operation) -> str:
    """``migrations.RunPython.noop``, with the class spelled as in the call."""
    return text_between(migration.source, op.value.span).partition("(")[0].strip() + ".noop"


def _inverse(verdict: Inverse, migration: Migration) -> str:
    """The code of the statements: one as a string, several as a list."""
    texts = tuple(map(literal, verdict.statements))
    listed = Brackets("[", texts, "]")
    code = (
        texts[0]
        if len(texts) == 1
        else render(listed, 12)
        if len(flatten(listed)) < 60
        else "[\n" + "".join(f"    {each},\n" for each in texts) + "]"
    )
    return with_quotes(code, quote_of(migration.source))
