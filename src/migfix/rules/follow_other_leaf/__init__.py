"""Two branches added a migration to the same app, so that the app has two leaves.

Django stops at every migrate: "Conflicting migrations detected; multiple leaf nodes in the migration graph". The rule
puts the files that aren't deployed behind the leaf that is, as if they had been made after it. A merge migration isn't
needed then. Both leaves may be new as well: the one whose name comes later goes behind the other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether the app has several leaves, or the file brings two branches together."""
    is_merge = sum(each.key is not None and each.key[0] == migration.app for each in migration.dependencies) > 1
    return is_merge or (history.may_have_leaves(migration.app) and len(history.leaves(migration.app)) > 1)


RULE = Rule(
    code="MIG207",
    name="follow-other-leaf",
    why="Django migrates nothing while an app has two migrations that no other one of the app follows.",
    concerns=concerns,
    order=3,
    is_for_deployed=True,
    stops_django=True,
    may_pass_elsewhere=True,
)
"""``is_for_deployed``: it must see which of the two is deployed, and changes only the other one."""
