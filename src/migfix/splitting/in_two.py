"""Splits one migration into two: all operations from one on move to a follow-up right after it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath

from migfix.history import History
from migfix.history.dependencies import dependency_code
from migfix.source.edits import Edit, NewFile, Remove, Replace
from migfix.source.migration import Migration
from migfix.splitting.follow_up import follow_up_name, follow_up_source, pieces
from migfix.splitting.leaving_fields import CannotLeave, Leaving
from migfix.splitting.split import companion, functions_along, leftovers, retargeted


def split(
    migration: Migration, index: int, end: int | None = None, *, reason: str, history: History
) -> tuple[str, list[Edit]]:
    """The follow-up's name, and the edits that move the operations from ``index`` on into it.

    The operations from ``end`` on will move out of it again, so its name ignores them.

    Raises CannotLeave if a file that depends on this one can't be changed, or what moves can't be written elsewhere.
    """
    if migration.replaces:
        raise CannotLeave("the file is a squashed migration, which replaces others as a whole")
    left = Leaving(operations=list(range(index, len(migration.operations))))
    found = pieces(migration, left)
    name = follow_up_name(migration, history.app(migration.app), found[: end and end - index])
    path = str(PurePath(migration.path).parent / f"{name}.py")
    moved = functions_along(migration, left)
    own = f'("{migration.app}", "{migration.name}")'
    before = [f'("{app}", "{other}")' for app, other in migration.run_before]
    content = follow_up_source(migration, [own], found, moved, f"Split from {_origin(migration)}, {reason}.", before)
    edits: list[Edit] = [NewFile(path, migration.app, content)]
    edits += (Remove(migration.path, ("operations", place)) for place in left.operations)
    edits += (Remove(migration.path, ("run_before", place)) for place in range(len(migration.run_before)))
    edits += leftovers(migration, left, moved, before)
    edits += _following(migration, name, history)
    return name, edits


def _origin(migration: Migration) -> str:
    """The file that a person wrote: a file that was itself split says from which."""
    said = re.match(rb"# Split from (\w+), ", migration.source)
    return said[1].decode() if said else migration.name


def _following(migration: Migration, name: str, history: History) -> Iterator[Edit]:
    """Make what depends on the migration depend on the follow-up, and update max_migration.txt if it is the leaf."""
    after = [each for each in history.active(migration.app) if migration.key in history.own_parents(each)]
    yield from retargeted(migration, migration.name, name, after, history)
    if not after:
        yield from companion(migration, migration.name, name, history)
    for each in history.mentioning(migration.name):
        for dependency in each.dependencies if each.app != migration.app else ():
            if dependency.key != migration.key:
                continue
            if not history.is_new(each):
                raise CannotLeave(f"{'.'.join(each.key)} depends on it and is deployed")
            code = dependency_code((migration.app, name), each.source)
            yield Replace(each.path, ("dependencies", dependency.index), code)
