"""A migration names code of the project that isn't there any more.

A field class, an enum or a function was renamed, moved or deleted. Django imports every migration at every command, so
that nothing works: ``AttributeError: module 'blog.fields' has no attribute 'ColorField'``, ``ModuleNotFoundError: No
module named 'blog.defaults'``. The rule says where the name is now, if one module of the project defines it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration

_OTHERS = {"django", *sys.stdlib_module_names}


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration imports more than Django and the standard library."""
    return any(each.module.partition(".")[0] not in _OTHERS for each in migration.imports)


RULE = Rule(
    code="MIG214",
    name="keep-imported-code",
    why="Django imports every migration at every command, so everything that one names must be there.",
    concerns=concerns,
    order=2,
    is_for_deployed=True,
    stops_django=True,
)
