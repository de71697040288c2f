"""Matches the RunPython and RunSQL operations of a squashed migration with those of the migrations it replaces."""

from __future__ import annotations

import ast

from migfix.rules.break_dependency_cycle.ranges import CannotCut, Part
from migfix.source.migration import Migration, Name, Operation
from migfix.source.parse import syntax_tree

DATA = ("RunPython", "RunSQL")


def data_steps(squashed: Migration, parts: tuple[Part, ...]) -> dict[int, int]:
    """Index of a RunPython or RunSQL of the squashed migration -> number of the part with its original.

    Raises CannotCut.
    """
    originals = [
        (number, migration, op)
        for number, part in enumerate(parts)
        for migration in part.replaced
        for op in migration.operations
        if op.kind in DATA
    ]
    found = {}
    for index, op in enumerate(squashed.operations):
        if op.kind in DATA:
            alike = [is_same_step(squashed, op, migration, original) for _, migration, original in originals]
            place = alike.index(True) if any(alike) else None
            if place is None:
                raise CannotCut(
                    f"line {op.line} of {squashed.name} is a RunPython or RunSQL "
                    "that none of the migrations it replaces has"
                )
            found[index] = originals[place][0]
            originals = originals[place + 1 :]
    return found


def elided(squashed: Migration, parts: tuple[Part, ...], steps: dict[int, int]) -> list[tuple[Migration, int]]:
    """The RunPython and RunSQL operations after the first cut that the squashed migration left out.

    A database that has run the first range has rows, and Django would have run the replaced files on them.
    """
    found = []
    for number, part in enumerate(parts[1:], 1):
        waiting = [squashed.operations[index] for index, place in steps.items() if place == number]
        for migration in part.replaced:
            for index, op in enumerate(migration.operations):
                if op.kind in DATA and waiting and is_same_step(squashed, waiting[0], migration, op):
                    waiting.pop(0)
                elif op.kind in DATA:
                    found.append((migration, index))
    return found


def is_same_step(squashed: Migration, op: Operation, migration: Migration, original: Operation) -> bool:
    if op.kind == "RunSQL":
        return original.arguments.get("sql") == op.arguments.get("sql")
    ours, theirs = op.arguments.get("code"), original.arguments.get("code")
    if not isinstance(ours, Name) or not isinstance(theirs, Name):
        return ours == theirs
    if ours.dotted.rpartition(".")[2] == theirs.dotted.rpartition(".")[2]:
        return True
    return _body(squashed, ours) == _body(migration, theirs) is not None


def _body(migration: Migration, code: Name) -> str | None:
    function = migration.functions.get(code.dotted)
    tree = syntax_tree(function.code).body[0] if function else None
    return ast.dump(ast.Module(tree.body, [])) if isinstance(tree, ast.FunctionDef) else None
