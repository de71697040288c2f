"""Builds the parts of a squashed migration from the files that it replaces, one operation after another."""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator
from dataclasses import replace

from migfix.rules.break_dependency_cycle.data_steps import DATA, elided, is_same_step
from migfix.rules.break_dependency_cycle.part_file import new_part, part_of
from migfix.rules.break_dependency_cycle.ranges import CannotCut, Part
from migfix.source.data_functions.lookups import called_functions
from migfix.source.edits import AddImport, Edit, Replace
from migfix.source.migration import Import, Migration
from migfix.source.text import comments_above, decode, names_read, reindented, text_between
from migfix.splitting.follow_up import Piece, moved
from migfix.splitting.leaving_fields import Leaving
from migfix.splitting.split import cleared, functions_along


def put_together(squashed: Migration, parts: tuple[Part, ...], steps: dict[int, int]) -> Iterator[Edit]:
    """The edits of all parts. Raises CannotCut and CannotLeave.

    ``steps`` maps the index of each RunPython and RunSQL of the squashed migration to the number of its part.
    """
    whole = _with_all_imports(squashed, parts, elided(squashed, parts, steps))
    found = [list(_pieces(squashed, part, number, steps)) for number, part in enumerate(parts)]
    for number in range(1, len(parts)):
        code = "\n".join(piece.code for piece in found[number])
        yield new_part(squashed, whole, parts, number, found[number], _called(whole, code))
    items = "".join(f"    {comment}\n" for comment in _comments_lost(squashed, found))
    for piece in found[0]:
        items += "".join(f"    {comment}\n" for comment in piece.comments)
        items += f"    {reindented(piece.code, 0, 4)},{f'  {piece.after}' if piece.after else ''}\n"
    yield Replace(squashed.path, ("operations",), f"[\n{items}]")
    yield from _first_imports(squashed, whole, "\n".join(piece.code for piece in found[0]), parts)


def _comments_lost(squashed: Migration, found: list[list[Piece]]) -> list[str]:
    """The comments in the squashed operations that none of the written operations has."""
    if not squashed.operations:
        return []
    first, last = squashed.operations[0].value.span[0], squashed.operations[-1].value.span[2]
    above = len(comments_above(squashed.source, first))
    text = decode(squashed.source).split("\n")[first - 1 - above : last]
    written = "\n".join("\n".join([*piece.comments, piece.code, piece.after]) for each in found for piece in each)
    tokens = tokenize.generate_tokens(io.StringIO("[\n" + "\n".join(text) + "\n]").readline)
    comments = [token.string for token in tokens if token.type == tokenize.COMMENT]
    return [comment for comment in comments if comment not in written]


def _pieces(squashed: Migration, part: Part, number: int, steps: dict[int, int]) -> Iterator[Piece]:
    """The operations of a range as in its files, but a RunPython or RunSQL as in the squashed file, if it is there.

    In the first part, those that the squashed file left out are left out as well.
    """
    waiting = [squashed.operations[index] for index, place in steps.items() if place == number]
    for migration in part.replaced:
        for op in migration.operations:
            if op.kind not in DATA:
                yield moved(migration, op)
            elif waiting and is_same_step(squashed, waiting[0], migration, op):
                yield moved(squashed, waiting.pop(0))
            elif number:
                yield moved(migration, op)


def _with_all_imports(squashed: Migration, parts: tuple[Part, ...], elided: list[tuple[Migration, int]]) -> Migration:
    """The squashed file as if it had the imports of the replaced files and the functions of elided operations.

    Raises CannotCut if a name has two meanings.
    """
    functions = dict(squashed.functions)
    for migration, index in elided:
        for name in functions_along(migration, Leaving(operations=[index])):
            if functions.setdefault(name, migration.functions[name]).code != migration.functions[name].code:
                raise CannotCut(f"{name}() is a different function in {migration.name}")
    imports: dict[tuple[str, str], Import] = {(each.bound, each.module): each for each in squashed.imports}
    own: set[str] = set()
    for migration in (each for part in parts for each in part.replaced):
        bound = {each.bound for each in migration.imports}
        own |= migration.bound - bound - {"Migration"} - squashed.bound
        imports |= {(each.bound, each.module): each for each in migration.imports}
    names = [each.bound for each in imports.values() if each.name]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise CannotCut(f"the replaced migrations import different things as {', '.join(twice)}")
    bound_names = squashed.bound | own | {each.bound for each in imports.values()}
    return replace(squashed, imports=tuple(imports.values()), bound=bound_names, functions=functions)


def _called(migration: Migration, code: str) -> list[str]:
    return [each.name for each in called_functions(migration, set(names_read(code)))]


def _first_imports(squashed: Migration, whole: Migration, code: str, parts: tuple[Part, ...]) -> Iterator[Edit]:
    functions = _called(squashed, code)
    dropped = [each.code for each in squashed.dependencies if part_of(each, parts) > 0]
    text = "\n".join([code, *(each.code for each in parts[0].needed)])
    read = set(names_read("\n".join([text, *(squashed.functions[name].code for name in functions)])))
    own = read & (whole.bound - squashed.bound - {each.bound for each in whole.imports})
    if own:
        raise CannotCut(f"the replaced migrations use {', '.join(sorted(own))}, which only their files define")
    there = {each.bound for each in squashed.imports}
    for each in whole.imports:
        if each.bound in read and (each.bound not in there or (each.name is None and each not in squashed.imports)):
            if each.name is not None or each.module in text:
                yield AddImport(squashed.path, each.module, each.name)
    gone = [text_between(squashed.source, op.value.span) for op in squashed.operations]
    yield from cleared(squashed, squashed.functions, [*gone, *dropped], text)
