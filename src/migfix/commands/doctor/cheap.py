"""The cheap part of ``migfix doctor``, for ``check --database``: what its answer about the database already shows."""

from __future__ import annotations

from collections.abc import Iterator

from migfix.commands.doctor.drift import Drift
from migfix.commands.doctor.expected import from_source
from migfix.commands.doctor.lost_files import lost_files
from migfix.commands.doctor.records import out_of_order
from migfix.commands.doctor.tables import in_lower_case, missing
from migfix.findings.finding import Refusal
from migfix.history import History
from migfix.planning.look import Look
from migfix.planning.registry import selectors
from migfix.project.config import DEFAULT_SELECT

CODE = "MIG003"


def drifting(look: Look) -> tuple[Refusal, ...]:
    """A finding for each difference between the databases and the applied migrations of the apps that are looked at.

    It stands at the first migration of the app that isn't applied there, which will run on that database.
    """
    select, ignore = map(selectors, (look.config.select, look.config.ignore))
    is_wanted = set(DEFAULT_SELECT) <= set(select) or bool({CODE, "MIG", "ALL"} & set(select))
    if not is_wanted or CODE in ignore:
        return ()
    return tuple(each for alias in look.history.facts.applied for each in _in_database(alias, look))


def _in_database(alias: str, look: Look) -> Iterator[Refusal]:
    applied = look.history.facts.applied[alias]
    new = [each for each in look.readable if each.key not in applied]
    first = {each.app: each for each in reversed(new)}
    for drift in sorted(_drifts(alias, frozenset(first), look.history), key=lambda each: each.weight):
        shown = f"In the database {alias}, {drift.what}"
        next_step = (
            f"Before this migration runs there: migfix doctor {drift.app} --database {alias} shows what mends it."
        )
        yield Refusal(CODE, first[drift.app].path, 1, shown, next_step)


def _drifts(alias: str, apps: frozenset[str], history: History) -> Iterator[Drift]:
    applied = history.facts.applied[alias]
    yield from (each.drift for each in lost_files(applied, apps, history))
    yield from out_of_order(applied, apps, history)
    yield from missing(from_source(applied, history), apps, in_lower_case(history.facts.tables.get(alias, {})))
