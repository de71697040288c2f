"""A model that moves to another app is made anew and empty there, and its table is dropped with all rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from migfix.rule import Rule

if TYPE_CHECKING:
    from migfix.findings import Finding
    from migfix.history import History
    from migfix.model import Migration
    from migfix.rows.move import Move

CODE = "MIG107"
BY_HAND = "Keep the old model for one release and copy the rows in a RunPython of your own."


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Hand the table over: the state changes, the table and what is called after it get the new name."""
    if not (any(b"DeleteModel" in each.source for each in migrations) or history.new_mentioning("DeleteModel")):
        return
    from migfix.findings import Rewrite
    from migfix.rows.move import moves

    for move in moves(migrations, history):
        finding = _finding(move, migrations, history)
        yield finding
        if isinstance(finding, Rewrite):  # the next one may share its files
            return


def _finding(move: Move, migrations: tuple[Migration, ...], history: History) -> Finding:
    from migfix.findings import Refusal, Rewrite
    from migfix.rows.move import CannotMove, difference, said_moves
    from migfix.rows.move_edits import move_edits
    from migfix.source.code import CannotWrite

    old, new = move.old.label, move.new.label
    path, line = move.deleting.path, move.deleted.line
    why = f"{old} is deleted and {new} with the same fields is created: the rows would be lost"
    if move.unnamed:
        ways_out = f"If the model moved, name {move.unnamed} too and pass --moved {old}={new}; if not, --ignore {CODE}."
        return Refusal(CODE, path, line, f"{why}.", ways_out)
    if not move.is_said:
        ways_out = f"If the model moved, pass --moved {old}={new}; if it didn't, --ignore {CODE}."
        if found := difference(move.old, move.new, said_moves(history.facts), history.facts):
            why = f"{why}, and migfix can't hand the table over, because the two differ in {found}"
            ways_out = f"{BY_HAND} If the model didn't move, pass --ignore {CODE}."
        return Refusal(CODE, path, line, f"{why}.", ways_out)
    try:
        edits, has_type = move_edits(move, migrations, history)
    except (CannotMove, CannotWrite) as reason:
        return Refusal(CODE, path, line, f"{old} moved to {new}, but {reason}.", BY_HAND)
    wrote = f"the rows stay in their table, {_renamed(move)}"
    unseen = "" if has_type else " Content types aren't renamed, as migfix can't see that they are installed."
    return Rewrite(CODE, path, line, f"{why}.", wrote + unseen, tuple(edits))


def _renamed(move: Move) -> str:
    old, new = move.old.table, move.new.table
    if old == new:
        return f"{old}."
    return (
        f"{old}, which becomes {new}, forward and back. Code of the release before breaks on that; "
        f'db_table = "{old}" on the model keeps the name.'
    )


RULE = Rule(
    code=CODE,
    name="keep-rows-on-move",
    why="A model that moves to another app must take its table along, or all rows are lost.",
    check=check,
    order=15,
    resolves={
        "django-migration-linter": ("DROP_TABLE",),
        "django-safe-migrations": ("SM003",),
        "squawk": ("ban-drop-table",),
        "zdm": ("R019",),
    },
)
