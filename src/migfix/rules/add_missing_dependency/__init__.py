"""A migration uses a model of another app, and no dependency makes sure that the model is there by then."""

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
    """Whether it names another app, or looks a model up by a name that is computed."""
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
