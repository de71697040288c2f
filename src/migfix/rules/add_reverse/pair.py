"""A function of the file that looks like the reverse of another one. It is suggested, but never used unasked."""

from __future__ import annotations

from migfix.source.migration import Migration, Name, Operation
from migfix.source.text import decode, names_read

_OPPOSITES = (
    ("forwards", "backwards"),
    ("forward", "backward"),
    ("forwards", "reverse"),
    ("forward", "reverse"),
    ("apply", "unapply"),
    ("do", "undo"),
    ("upgrade", "downgrade"),
    ("up", "down"),
    ("add", "remove"),
    ("add", "delete"),
    ("create", "delete"),
    ("create", "remove"),
    ("insert", "delete"),
    ("load", "unload"),
    ("populate", "unpopulate"),
    ("populate", "clear"),
    ("set", "unset"),
    ("fill", "clear"),
    ("enable", "disable"),
    ("encrypt", "decrypt"),
    ("merge", "split"),
)
"""Words with which the names of a pair of functions begin or end."""


def unused_inverse(migration: Migration, op: Operation) -> str | None:
    """A function that nothing in the file uses, and whose name is the opposite of the function that ``op`` runs."""
    code = op.arguments.get("code")
    if not isinstance(code, Name) or code.dotted not in migration.functions:
        return None
    used = set(names_read(decode(migration.source)))
    free = [name for name in migration.functions if name not in used and name != code.dotted]
    return next((name for name in free if _is_opposite(code.dotted.strip("_"), name.strip("_"))), None)


def _is_opposite(name: str, other: str) -> bool:
    if other in (f"reverse_{name}", f"undo_{name}", f"un{name}", f"{name}_reverse", f"{name}_backwards"):
        return True
    for pair in _OPPOSITES:
        for one, two in (pair, pair[::-1]):
            begins = name.partition("_")[::2], other.partition("_")[::2]
            ends = name.rpartition("_")[::2], other.rpartition("_")[::2]
            if begins == ((one, begins[0][1]), (two, begins[0][1])) or ends == ((ends[0][0], one), (ends[0][0], two)):
                return True
    return False
