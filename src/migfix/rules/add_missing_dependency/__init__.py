"""A migration uses a model of another app, but no dependency guarantees that the model exists by then.

The failure doesn't show where both are already applied. A new database can run them in another order, and then fails on
every engine with ``LookupError: No installed app with label 'shops'`` or ``ValueError: The field bills.Bill.shop was
declared with a lazy reference to 'shops.shop'``. The rule adds a dependency on the newest migration that has the model
and doesn't run after this one. If only a later migration has it, what needs the model moves to a follow-up.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration

LABEL = rb"""["'](\w+)\.\w+["']"""
LOOKED_UP = (b"get_model", b"settings.")


def concerns(migration: Migration, history: History) -> bool:
    """Whether the migration names another app, or looks up a model by a computed name."""
    labels = set(re.findall(LABEL, migration.source))
    return bool(labels - {migration.app.encode()}) or any(word in migration.source for word in LOOKED_UP)


RULE = Rule(
    code="MIG203",
    name="add-missing-dependency",
    why="Without a dependency, nothing guarantees that the other app's tables exist first: a new database may fail.",
    concerns=concerns,
    order=11,
    is_for_deployed=True,
)
