"""What the rule finds, and what it writes."""

from __future__ import annotations

import re
from collections.abc import Iterator

from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.rules.isolate_concurrent_index import RULE
from migfix.rules.isolate_concurrent_index.concurrent import Concurrent, concurrent
from migfix.source.edits import AddAttribute, Edit, Replace
from migfix.source.migration import Migration, Operation
from migfix.splitting.in_two import split
from migfix.splitting.leaving_fields import CannotLeave

_SET = re.compile(rb"^[ \t]+atomic\b[^=\n]*=[ \t]*(\w+)", re.MULTILINE)


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Give operations that PostgreSQL doesn't run in a transaction a file without one. Makes one cut at a time."""
    for migration in migrations:
        found = [(op, concurrent(op)) for op in migration.operations]
        first = next(((op, each) for op, each in found if each), None)
        if first is None:
            continue
        mixed = next(((op, each) for op, each in found if each and each.beside), None)
        written = _SET.search(migration.source)
        if mixed:
            yield _mixed(migration, *mixed)
        elif written is None or written[1] == b"True":
            yield _finding(migration, *first, [bool(each) for _, each in found], history)


def _mixed(migration: Migration, op: Operation, each: Concurrent) -> Refusal:
    why = f"PostgreSQL runs all statements of one string in a transaction, and {each.what} can't run in one."
    next_step = "Pass the statements as a list of strings, so that Django runs them one by one."
    return Refusal(RULE.code, migration.path, op.line, why, next_step)


def _finding(migration: Migration, op: Operation, each: Concurrent, are: list[bool], history: History) -> Finding:
    why = f"{each.what} can't run in a transaction, and Django runs this migration in one: it fails on PostgreSQL."
    place = RULE.code, migration.path, op.line
    if all(are):
        edit: Edit = AddAttribute(migration.path, "atomic", "False")
        if _SET.search(migration.source):
            edit = Replace(migration.path, ("atomic",), "False")
        return Rewrite(*place, why, "sets `atomic = False`: the file does nothing else.", (edit,))
    index = are.index(not are[0])
    reason = "because PostgreSQL changes an index concurrently only outside a transaction"
    end = next((i for i in range(index, len(are)) if are[i] != are[index]), None)
    try:
        name, edits = split(migration, index, end, reason=reason, history=history)
    except CannotLeave as problem:
        by_hand = "Move it to a migration of its own that sets `atomic = False`."
        return Refusal(*place, f"{why[:-1]}; {problem}.", by_hand)
    moved = f"moves the operations from line {migration.operations[index].line} on to {name}, right after it."
    return Rewrite(*place, why, moved, tuple(edits))
