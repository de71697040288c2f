"""What the rule finds, and what it writes."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.findings.finding import Finding, Refusal, Rewrite
from migfix.history import History
from migfix.rules.keep_rows_on_move import RULE
from migfix.rules.keep_rows_on_move.edits import move_edits
from migfix.rules.keep_rows_on_move.move import CannotMove, Move, configured_moves, difference, moves
from migfix.source.migration import Migration
from migfix.source.writer import CannotWrite

BY_HAND = "Keep the old model for one release and copy the rows in your own RunPython."


def check(migrations: tuple[Migration, ...], history: History) -> Iterator[Finding]:
    """Keep the table: the state changes, and the table and its indexes get their new names."""
    for move in moves(migrations, history):
        finding = _finding(move, migrations, history)
        yield finding
        if isinstance(finding, Rewrite):  # the next one may share its files
            return


def _finding(move: Move, migrations: tuple[Migration, ...], history: History) -> Finding:
    old, new = move.old.label, move.new.label
    path, line = move.deleting.path, move.deleted.line
    why = f"{old} is deleted and {new} with the same fields is created: the rows would be lost"
    if move.unnamed:
        ways_out = (
            f"If the model moved, pass {move.unnamed} too, with --moved {old}={new}. If not, use --ignore MIG107."
        )
        return Refusal(RULE.code, path, line, f"{why}.", ways_out)
    if not move.is_confirmed:
        ways_out = f"If the model moved, pass --moved {old}={new}. If not, use --ignore MIG107."
        if found := difference(move.old, move.new, configured_moves(history.facts), history.facts):
            why = f"{why}. migfix can't hand the table over, because the two differ in {found}"
            ways_out = f"{BY_HAND} If the model didn't move, use --ignore MIG107."
        return Refusal(RULE.code, path, line, f"{why}.", ways_out)
    try:
        edits, has_type = move_edits(move, migrations, history)
    except (CannotMove, CannotWrite) as reason:
        return Refusal(RULE.code, path, line, f"{old} moved to {new}, but {reason}.", BY_HAND)
    wrote = f"keeps the rows in their table, {_renamed(move)}"
    unseen = "" if has_type else " Content types aren't renamed, because migfix can't see that they are installed."
    return Rewrite(RULE.code, path, line, f"{why}.", wrote + unseen, tuple(edits), used_values=(move.old.label,))


def _renamed(move: Move) -> str:
    old, new = move.old.table, move.new.table
    if old == new:
        return f"{old}."
    return (
        f"{old}, which becomes {new}, forward and back. The previous release breaks on that; "
        f'db_table = "{old}" on the model keeps the name.'
    )
