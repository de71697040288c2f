"""Run ``migfix squash-finish`` for the project of a folder and the migrations applied in its databases."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from migfix.commands.squash_finish.plan import Finish, plan_finish
from migfix.commands.verify import settings_of
from migfix.errors import MigfixError
from migfix.history import History
from migfix.project.config.pyproject import load_config
from migfix.project.django.applied import applied_in
from migfix.project.files import find_root
from migfix.project.select import project_at


def finish(app: str, here: Path, settings: str | None, databases: Iterable[str]) -> Finish:
    """The plan for ``app`` of the project around ``here``. Raises MigfixError."""
    root = find_root(here / "x")
    config = load_config(root)
    project = project_at(root, config.facts)
    history = History(project.facts, project)
    applied = applied_in(root, settings_of(root, settings or config.settings), databases)
    found = plan_finish(app, root, history, applied)
    if project.errors:
        raise MigfixError(f"{next(iter(project.errors))} Nothing was written.")
    return found
