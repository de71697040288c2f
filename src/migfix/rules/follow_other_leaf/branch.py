"""The two branches of an app: the files since the last one that they have in common."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from migfix.history import History
from migfix.history.dependencies import is_lost
from migfix.history.fields import names_field
from migfix.source.migration import Call, Key, Literal, Migration, Operation


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


def orphans(app: str, history: History) -> Iterator[tuple[Migration, str]]:
    """The files of an app that depend on one of its migrations that isn't there, and its name."""
    for migration in history.app(app).values():
        for each in migration.dependencies:
            if each.key and each.key[0] == app and is_lost(each, history):
                yield migration, each.key[1]


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
    if op.kind in ("AddIndex", "AddConstraint"):
        value = op.arguments.get("index" if op.kind == "AddIndex" else "constraint")
        name = value.keyword("name") if isinstance(value, Call) else None
        return f"name {name.value}" if isinstance(name, Literal) else ""
    return f"field {op.model}.{op.text('name')}" if op.kind == "AddField" else ""


def used_without(first: Branch, second: Branch) -> Iterator[tuple[str, Operation, Migration, Migration]]:
    """What one branch removes or renames and the other one uses: its name, the second operation, and the two files."""
    pairs = [(one, other) for one in first.files for other in second.files]
    for one, other in (*pairs, *((other, one) for one, other in pairs)):
        for gone in one.operations:
            for op in other.operations:
                if name := _missed(gone, op):
                    yield name, op, one, other


def _missed(gone: Operation, op: Operation) -> str:
    """What ``gone`` takes away that ``op`` needs; "" if nothing."""
    if op.kind == "":
        return ""
    if gone.kind in ("DeleteModel", "RenameModel"):
        return f"model {op.model}" if gone.model == op.model and op.kind != "CreateModel" else ""
    if gone.kind not in ("RemoveField", "RenameField") or gone.model != op.model or op.kind == "CreateModel":
        return ""
    field = gone.text("name" if gone.kind == "RemoveField" else "old_name")
    is_own = field == op.text("old_name" if op.kind == "RenameField" else "name") and op.kind in _OF_FIELDS
    is_named = any(names_field(value, field) for name, value in op.arguments.items() if name in _NAMING)
    return f"field {op.model}.{field}" if is_own or is_named else ""


_OF_FIELDS = ("AlterField", "RemoveField", "RenameField")
_NAMING = ("index", "constraint", "unique_together", "index_together", "order_with_respect_to")
