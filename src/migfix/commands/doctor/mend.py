"""Mend what doctor finds: files first, then records and tables, step by step until nothing more can be done."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from migfix.commands.verify import settings_of
from migfix.errors import MigfixError
from migfix.project.config.pyproject import load_config
from migfix.project.django.asking import ask
from migfix.project.django.loaded import with_loaded
from migfix.project.files import find_root
from migfix.project.state_folder import folder_of


@dataclass(frozen=True)
class Place:
    """The database of a project, and the apps to look at."""

    root: Path
    settings: str
    alias: str
    apps: tuple[str, ...]

    def ask(self, asked: str, **more: object) -> Any:
        """The answer of ``migfix.repair``. Raises MigfixError if Django can't load the migrations."""
        request = {"asked": asked, "alias": self.alias, "apps": list(self.apps), **more}
        return ask("migfix.repair", self.root, self.settings, request)


@dataclass(frozen=True)
class Plan:
    """The next steps for a database."""

    place: Place
    steps: tuple[dict[str, Any], ...]
    """Each has a title, its statements, and those that undo it."""
    left: tuple[str, ...]
    """What isn't mended, and why."""

    @property
    def undo(self) -> str:
        """The script that undoes the steps."""
        return "".join(f"{each}\n" for step in reversed(self.steps) for each in step["undo"])


def place_of(here: Path, settings: str | None, alias: str, apps: Iterable[str]) -> Place:
    """The project around a folder. Raises MigfixError if no settings are known."""
    root = find_root(here / "x")
    module = settings_of(root, settings or load_config(root).settings)
    labels = with_loaded(load_config(root).facts, root, module).folders or {}
    return Place(root, module, alias, tuple(apps) or tuple(sorted(labels)))


def next_plan(place: Place) -> Plan:
    """What to do next. Nothing changes. Raises MigfixError."""
    answer = place.ask("plan")
    return Plan(place, tuple(answer["steps"]), tuple(answer["left"]))


def carry_out(plan: Plan) -> Path:
    """Carry a plan out. Returns the file with the statements that undo it, which is written first.

    Raises MigfixError if a statement fails; in one transaction where the engine can, nothing has changed then.
    """
    folder = folder_of(plan.place.root)
    folder.mkdir(parents=True, exist_ok=True)
    script = folder / f"doctor-{plan.place.alias}-{time.strftime('%Y%m%d-%H%M%S')}-undo.sql"
    script.write_text(plan.undo)
    answer = plan.place.ask("carry out", steps=list(plan.steps))
    if answer["error"]:
        raise MigfixError(
            f"Database {plan.place.alias}: {answer['error'].rstrip('.')}.",
            "Run migfix doctor to see where it stands.",
        )
    return script


def lines_of(plan: Plan) -> Iterator[str]:
    """The plan as text: what happens, and the statements."""
    for number, step in enumerate(plan.steps, 1):
        yield f"{number}. {step['title']}"
        yield from (f"   {line}" for each in step["statements"] for line in each.splitlines())
    yield from (f"left: {each}." for each in plan.left)
