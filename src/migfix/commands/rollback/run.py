"""The plan of ``migfix rollback``, and how it is carried out."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from migfix.commands.doctor.checkout import Checkout, checkout_at
from migfix.commands.doctor.mend import ask_database
from migfix.commands.rollback.target import edited_in, gone_in
from migfix.commands.rollback.trial import Trial, trial_of
from migfix.errors import MigfixError
from migfix.findings.words import counted, listed
from migfix.project.django.applied import recorded_in


@dataclass(frozen=True)
class Rollback:
    """What must go back."""

    to: str
    alias: str
    commands: tuple[str, ...]
    """``migrate APP NAME``, in order."""
    migrations: tuple[str, ...]
    """What these take back, in order."""
    irreversible: tuple[str, ...]
    noops: tuple[str, ...]
    """Data steps whose reverse does nothing."""
    lost: tuple[str, ...]
    """The tables and columns that go, and what they hold."""
    stricter: tuple[str, ...]
    """What today's schema may refuse."""
    refused: tuple[str, ...]
    """The rows that the older tables refuse."""
    has_way_back: bool
    """Whether going back runs code, which may change these rows."""
    trial: Trial | None
    """What the older code can't do on today's schema; None if it wasn't tried."""
    edited: tuple[str, ...] = ()
    """The migrations of both versions whose files differ."""

    @property
    def is_needed(self) -> bool:
        """Whether something goes back: not if the older code runs on today's schema."""
        return bool(self.migrations) and not (self.trial and not self.trial.failures)

    @property
    def is_stuck(self) -> bool:
        """Whether it can't go back as it is."""
        return bool(self.irreversible) or (bool(self.refused) and not self.has_way_back)

    @property
    def as_data(self) -> dict[str, object]:
        """The plan as JSON data."""
        data = asdict(self)
        trial = data.pop("trial") or {"failures": None}
        return {"version": 1, "needed": self.is_needed, **data, **trial}


def plan_of(here: Path, to: str, settings: str | None, alias: str) -> tuple[Checkout, Rollback]:
    """The plan, after the older code was tried on a scratch database. The database itself is only read.

    Raises MigfixError.
    """
    checkout = checkout_at(here, (), settings)
    applied = recorded_in(checkout.root, checkout.settings, [alias])[alias].applied
    gone, is_commit = gone_in(checkout, to, applied)
    if lost := sorted(key for key in gone if not checkout.history.migration(key)):
        raise MigfixError(
            f"{'.'.join(lost[0])} is applied, and this code doesn't have its file.",
            "Run migfix rollback from a checkout of the newer version, which has all of them.",
        )
    answer = ask_database(checkout, alias, "going back", gone=sorted(gone))
    if answer["beside"]:
        names = listed([".".join(key) for key in answer["beside"]])
        raise MigfixError(
            f"{names} can't go back alone: {to} has another branch of the same app, and Django takes back both.",
            "Go back to a migration before both, or run the older code with an app's newer files.",
        )
    is_tried = is_commit and answer["back"] and not answer["has_tenants"]  # a trial has no tenant
    trial = trial_of(checkout, to, alias, answer["applied"], answer["kept"]) if is_tried else None
    return checkout, Rollback(
        to,
        alias,
        tuple(_command(app, name, alias) for app, name in answer["lines"]),
        tuple(".".join(key) for key in answer["back"]),
        tuple(f"{app}.{name}: {op}" for app, name, op in answer["irreversible"]),
        tuple(f"{app}.{name}: {op}" for app, name, op in answer["noops"]),
        tuple(map(_held, answer["lost"])),
        tuple(answer["stricter"]),
        tuple(answer["refused"]),
        answer["has_way_back"],
        trial,
        tuple(".".join(key) for key in edited_in(checkout, to, applied - gone)) if is_commit else (),
    )


def _command(app: str, name: str, alias: str) -> str:
    alias, _, schema = alias.partition("/")
    if schema:
        return f"migrate_schemas {app} {name} --schema {schema}"
    return f"migrate {app} {name}" + ("" if alias == "default" else f" --database {alias}")


def _held(lost: list[Any]) -> str:
    *place, count = lost
    if len(place) == 1:
        return f"the table {place[0]}: {counted(count, 'row')}"
    return f"the column {place[1]} of {place[0]}: {counted(count, 'value')} of its own"


def lines_of(plan: Rollback) -> Iterator[str]:
    """The plan as text."""
    if not plan.migrations:
        yield f"{plan.alias}: nothing to go back: {plan.to} has every migration that is applied."
        return
    if plan.trial:
        yield from (f"{plan.alias}: {each}" for each in _instead(plan, plan.trial))
    if plan.trial and not plan.trial.failures:
        yield f"{plan.alias}: the models of {plan.to} run on today's schema. Nothing needs to go back."
        yield from (f"  but it may refuse what {plan.to} writes: {each}" for each in plan.stricter)
        return
    if plan.trial:
        yield f"{plan.alias}: the models of {plan.to} don't run on today's schema:"
        yield from (f"  {each}" for each in plan.trial.failures)
    yield f"{plan.alias}: run these while the newer code is still there:"
    yield from (f"  python manage.py {each}" for each in plan.commands)
    yield f"They take back {listed(list(plan.migrations))}."
    yield from (f"gone: {each}" for each in plan.lost)
    yield from (f"stays: what {each} did, because its reverse does nothing" for each in plan.noops)
    yield from (f"can't go back: {each}" for each in plan.irreversible)
    verb = "may keep it from going back" if plan.has_way_back else "can't go back"
    yield from (f"{verb}: {each}" for each in plan.refused)


def _instead(plan: Rollback, trial: Trial) -> Iterator[str]:
    """What was tried instead of the older code on the structure of the database."""
    if trial.without_structure:
        yield f"its structure can't be made again, and the migrations make the scratch one: {trial.without_structure}."
    if trial.without_code:
        yield f"the code of {plan.to} can't be tried: {trial.without_code}."
        yield "the models of its migrations are tried instead, as today's files make them."
        yield from (f"{each} was edited since {plan.to}." for each in plan.edited)


def carry_out(checkout: Checkout, plan: Rollback) -> None:
    """Run the commands. Raises MigfixError at the first one that fails."""
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": checkout.settings}
    environment["PYTHONPATH"] = os.pathsep.join(filter(None, [str(checkout.root), os.environ.get("PYTHONPATH", "")]))
    for each in plan.commands:
        command = [sys.executable, "-m", "django", *each.split()]
        result = subprocess.run(
            command, cwd=checkout.root, env=environment, capture_output=True, text=True, check=False
        )
        if result.returncode:
            reason = (result.stderr.strip().splitlines() or ["no reason given"])[-1]
            raise MigfixError(f"{each} failed: {reason}.", "Run migfix doctor to see where the database stands.")
