"""Check with Django, in a process that imports the project, that a plan has the same end state."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from pathlib import Path

from migfix.errors import MigfixError
from migfix.findings.finding import Advice
from migfix.planning.plan import Plan
from migfix.project.django.asking import ask
from migfix.source.migration import Key


class NotProven(MigfixError):
    """Django finds different models before and after the plan."""


@dataclass(frozen=True)
class Facts:
    """What is known about the database that was checked. ``applied`` is None if no database was checked."""

    applied: frozenset[Key] | None = None
    tables: frozenset[str] = frozenset()

    def holds(self, advice: Advice) -> bool:
        """Whether the advice applies to this database. True if that is unknown."""
        if self.applied is None or advice.applied is None:
            return True
        if advice.tables:
            return advice.applied not in self.applied and bool(self.tables.intersection(advice.tables))
        return advice.applied in self.applied


def ask_django(plan: Plan, root: Path, settings: str, database: str | None) -> Facts:
    """Check with Django's autodetector that the plan ends in the same models, and read a database if one is given.

    Raises NotProven for different models, and MigfixError if Django can't be asked.
    """
    contents = {path: base64.b64encode(plan.contents[path]).decode() for path in plan.migrations}
    answer = ask("migfix.prove.child", root, settings, {"database": database, "after": contents})
    if answer["differences"]:
        raise NotProven(
            f"Django finds different models after the rewrite: {'; '.join(answer['differences'])}.",
            "Nothing was written.",
        )
    if "applied" not in answer:
        return Facts()
    return Facts(frozenset((app, name) for app, name in answer["applied"]), frozenset(answer["tables"]))


def why_not_loaded(root: Path, settings: str) -> tuple[str, ...]:
    """Django's own error, in one line, if it can't load the migrations of a project; empty if it can."""
    try:
        ask("migfix.prove.child", root, settings, {"after": {}}, "Django can't load the migrations")
    except MigfixError as error:
        return (str(error).partition("\n")[0],)
    return ()
