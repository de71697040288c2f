"""A squashed migration names functions of the migrations that it replaces, in a way that Python can't read.

``squashmigrations`` writes ``code=blog.migrations.0004_fill.fill`` and a comment that says to copy the functions. Until
then the file is a SyntaxError, and no command works. The rule copies each function with what it needs, and removes the
comment.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from migfix.findings.rule import Rule

if TYPE_CHECKING:
    from migfix.history import History
    from migfix.source.migration import Migration


def concerns(migration: Migration, history: History) -> bool:
    """Whether squashmigrations left such names."""
    return bool(migration.elsewhere)


RULE = Rule(
    code="MIG210",
    name="inline-squashed-functions",
    why="Python can't read the names of functions that squashmigrations leaves.",
    concerns=concerns,
    order=1,
)
