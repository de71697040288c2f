"""Mend what doctor finds: files first, then records and tables, step by step until nothing more can be done."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import Any

from migfix.commands.doctor.checkout import Checkout
from migfix.commands.doctor.lost_files import lost_files
from migfix.errors import MigfixError
from migfix.project.django.applied import recorded_in
from migfix.project.django.asking import ask
from migfix.project.state_folder import folder_of
from migfix.write.files import write_all


@dataclass(frozen=True)
class Plan:
    """The next steps for a database."""

    checkout: Checkout
    alias: str
    files: Mapping[Path, tuple[bytes | None, bytes]]
    """Path -> content now (None: no file) and then. Files come first."""
    steps: tuple[dict[str, Any], ...] = ()
    """Each has a title, its statements, and those that undo it."""
    left: tuple[str, ...] = ()
    """What isn't mended, and why."""

    @property
    def undo(self) -> str:
        """The script that undoes the steps."""
        _, _, schema = self.alias.partition("/")
        place = [f'SET search_path TO "{schema}";'] if schema else []
        statements = [each for step in reversed(self.steps) for each in step["undo"]]
        return "".join(f"{each}\n" for each in (*place, *statements))

    @property
    def as_data(self) -> dict[str, object]:
        """The plan as JSON data."""
        steps = [{"title": each["title"], "statements": each["statements"]} for each in self.steps]
        return {"database": self.alias, "files": list(map(str, self.files)), "steps": steps, "left": list(self.left)}


def next_plan(checkout: Checkout, alias: str) -> Plan:
    """What to do next. Nothing changes. Raises MigfixError if Django can't load the migrations."""
    applied = recorded_in(checkout.root, checkout.settings, [alias])[alias].applied
    lost = list(lost_files(applied, checkout.apps, checkout.history))
    files = [each.written(checkout.history) for each in lost]
    if written := {path: (before, after) for path, before, after in filter(None, files)}:
        return Plan(checkout, alias, written)
    unknown = sorted({each.key[0] for each in lost if not each.is_made_anew})
    checkout = replace(checkout, apps=checkout.apps - set(unknown))
    left = [f"the tables of {app}: files of its applied migrations are gone" for app in unknown]
    answer = ask_database(checkout, alias, "plan")
    return Plan(checkout, alias, {}, tuple(answer["steps"]), (*left, *answer["left"]))


def carry_out(plan: Plan) -> str:
    """Carry a plan out. Returns how it is undone; the script for that is written first.

    Raises MigfixError if a statement fails; in one transaction where the engine can, nothing has changed then.
    """
    if plan.files:
        before, after = ({str(path): each[i] for path, each in plan.files.items()} for i in (0, 1))
        write_all(before, after)
        return "migfix undo"
    folder = folder_of(plan.checkout.root)
    folder.mkdir(parents=True, exist_ok=True)
    begin = f"doctor-{plan.alias.replace('/', '-')}-{time.strftime('%Y%m%d-%H%M%S')}"
    later = (f"{begin}-{number}-undo.sql" for number in count(2))  # plans may follow within a second
    names = chain([f"{begin}-undo.sql"], later)
    script = next(path for path in map(folder.joinpath, names) if not path.exists())
    script.write_text(plan.undo)
    answer = ask_database(plan.checkout, plan.alias, "carry out", steps=list(plan.steps))
    if answer["error"]:
        raise MigfixError(
            f"Database {plan.alias}: {answer['error'].rstrip('.')}.",
            "Run migfix doctor to see where it stands.",
        )
    return str(script)


def ask_database(checkout: Checkout, alias: str, asked: str, **more: object) -> Any:
    """The answer of ``migfix.repair``. Raises MigfixError if Django can't load the migrations."""
    request = {"asked": asked, "alias": alias, "apps": sorted(checkout.apps), **more}
    return ask("migfix.repair", checkout.root, checkout.settings, request)


def lines_of(plan: Plan) -> Iterator[str]:
    """The plan as text: what happens, and the statements."""
    for path, (before, _) in plan.files.items():
        yield f"{'write' if before is None else 'edit'} {path}"
    for number, step in enumerate(plan.steps, 1):
        yield f"{number}. {step['title']}"
        yield from (f"   {line}" for each in step["statements"] for line in each.splitlines())
    yield from (f"left: {each}." for each in plan.left)
