"""The two branches of an app: the files since the last one that they have in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.history import History
from migfix.source.migration import Key, Migration, Operation


@dataclass(frozen=True)
class Branch:
    """The files that lead to one leaf and not to the other, parents first."""

    leaf: Key
    files: tuple[Migration, ...]


def branches(stays: Key, follows: Key, history: History) -> tuple[Branch, Branch]:
    """The branch that stays where it is, and the one that follows it."""
    first, second = _line(stays, history), _line(follows, history)
    both = {each.key for each in first} & {each.key for each in second}
    made = (tuple(each for each in line if each.key not in both) for line in (first, second))
    one, other = made
    return Branch(stays, one), Branch(follows, other)


def _line(leaf: Key, history: History) -> list[Migration]:
    """A leaf and the migrations of its app that run before it, parents first."""
    migration = history.migration(leaf)
    found = [*history.before(migration), migration] if migration else []
    return [each for each in found if each.app == leaf[0]]


def made_twice(stays: Branch, follows: Branch) -> Iterator[tuple[str, Operation, Migration, Migration]]:
    """What both branches make: its name, the operation of the second one, and the two files."""
    made = {name: each for each in stays.files for op in each.operations if (name := _made(op))}
    for each in follows.files:
        for op in each.operations:
            name = _made(op)
            if name in made:
                yield name, op, made[name], each


def _made(op: Operation) -> str:
    """What an operation makes: ``field post.rank``; "" if nothing."""
    if op.kind == "CreateModel":
        return f"model {op.text('name')}"
    return f"field {op.model}.{op.text('name')}" if op.kind == "AddField" else ""
