"""Steps that make PostgreSQL check rows before the transaction ends: nothing stays pending then."""

from __future__ import annotations

import re
from functools import lru_cache

from migfix.rules.split_data_from_schema.conflict import Conflict
from migfix.source.data_functions.lookups import called_functions
from migfix.source.data_functions.sql import statements
from migfix.source.migration import Migration, Name, Operation
from migfix.source.names import BACKWARD, FORWARD

_AT_ONCE = re.compile(r"\bset\s+constraints\s+all\s+immediate\b", re.IGNORECASE)
_CHECK = ".check_constraints("


def is_checked(migration: Migration, each: Conflict) -> bool:
    """Whether a step of the file resolves a conflict."""
    arguments = BACKWARD if each.is_backward else FORWARD
    first, end = each.gap(len(migration.operations))
    for index, op in enumerate(migration.operations):
        text = _code(migration, op, arguments.get(op.kind, ""))
        is_between = first <= index < end + each.is_at_the_end
        if _CHECK in text and (is_between or (index == each.data_at and _CHECK in text.rstrip().rpartition("\n")[2])):
            return True
        is_before = each.is_at_the_end or (index >= first if each.is_backward else index < end)
        if is_before and _AT_ONCE.search(text):
            return True
    return False


def since_check(migration: Migration, index: int, is_backward: bool) -> range:
    """The operations that run before a data step, since the last step that makes the checks.

    ``check_constraints()`` ends with ``SET CONSTRAINTS ALL DEFERRED``, also for those that were checked at once.
    """
    checks = _checks(migration, is_backward)
    if is_backward:
        return range(index + 1, next((place for place in checks if place > index), len(migration.operations)))
    return range(next((place + 1 for place in reversed(checks) if place < index), 0), index)


@lru_cache(maxsize=8)  # asked for each data step of a file
def _checks(migration: Migration, is_backward: bool) -> tuple[int, ...]:
    """The steps that make the checks, in order."""
    arguments = BACKWARD if is_backward else FORWARD
    codes = (_code(migration, op, arguments.get(op.kind, "")) for op in migration.operations)
    return tuple(place for place, code in enumerate(codes) if _CHECK in code)


def _code(migration: Migration, op: Operation, argument: str) -> str:
    """The SQL of a RunSQL, or the code of a RunPython's function and of those that it calls."""
    code = op.arguments.get(argument)
    if op.kind == "RunSQL":
        return ";".join(statements(code) or ())
    if not isinstance(code, Name) or code.dotted not in migration.functions:
        return ""
    return "\n".join(each.code for each in called_functions(migration, {code.dotted}))
