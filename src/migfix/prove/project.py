"""The same end state, asked of Django itself in a process that imports the project."""

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
    """Django doesn't find the same models before and after."""


@dataclass(frozen=True)
class Facts:
    """What the database that was looked at says; None for what wasn't asked."""

    applied: frozenset[Key] | None = None
    tables: frozenset[str] = frozenset()

    def holds(self, advice: Advice) -> bool:
        """Whether advice concerns this database."""
        if self.applied is None or advice.applied is None:
            return True
        if advice.tables:
            return advice.applied not in self.applied and bool(self.tables.intersection(advice.tables))
        return advice.applied in self.applied


def ask_django(plan: Plan, root: Path, settings: str, database: str | None) -> Facts:
    """Prove with Django's autodetector that the plan ends in the same models, and look at a database.

    Raises NotProven, and MigfixError if Django couldn't be asked.
    """
    contents = {path: base64.b64encode(plan.after[path]).decode() for path in plan.migrations}
    answer = ask("migfix.prove.child", root, settings, {"database": database, "after": contents})
    if answer["differences"]:
        raise NotProven(
            f"Django finds different models after the rewrite: {'; '.join(answer['differences'])}.",
            "Nothing was written.",
        )
    if "applied" not in answer:
        return Facts()
    return Facts(frozenset((app, name) for app, name in answer["applied"]), frozenset(answer["tables"]))
