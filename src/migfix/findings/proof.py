"""The results of a run on scratch databases, as plain values that the trial sends and a report shows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any


class Outcome(Enum):
    """How a step ended. ``noted`` needs the user's decision and isn't a failure."""

    passed = "passed"
    failed = "failed"
    noted = "noted"


@dataclass(frozen=True)
class Place:
    """An operation of a migration file. ``line`` is None if it isn't in a literal list."""

    path: str
    line: int | None
    operation: str


@dataclass(frozen=True)
class Step:
    """One step of a trial, with the database's own error if it failed."""

    name: str
    outcome: Outcome
    seconds: float = 0.0
    error: str | None = None
    place: Place | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Statement:
    """One SQL statement that ran in a step."""

    step: str
    sql: str
    seconds: float
    place: Place | None = None
    is_failed: bool = False


@dataclass(frozen=True)
class Lock:
    """The strongest lock that a step held on a table, and for how long (PostgreSQL)."""

    step: str
    table: str
    mode: str
    seconds: float


@dataclass(frozen=True)
class Trial:
    """One version of the files on one engine."""

    engine: str
    version: str
    steps: tuple[Step, ...] = ()
    rows: Mapping[str, tuple[int | None, ...]] = field(default_factory=dict)
    """Table -> its number of rows before, forward, back and forward again; None where it doesn't exist."""
    statements: tuple[Statement, ...] = ()
    locks: tuple[Lock, ...] = ()
    could_not_run: str | None = None
    """Why there is no result, in one line."""
    values: Mapping[str, Mapping[str, Mapping[str, str]]] = field(default_factory=dict)
    """Table -> column -> key of a row -> its value after migrating forward, for columns that get the same value in each
    run."""
    before: Mapping[str, str] = field(default_factory=dict)
    """Table -> fingerprint of its rows before the migration."""

    @property
    def is_passed(self) -> bool:
        return not self.could_not_run and not any(step.outcome is Outcome.failed for step in self.steps)


ORIGINAL, REWRITTEN = "original", "rewritten"


@dataclass(frozen=True)
class Proof:
    """All trials of one ``verify``."""

    trials: tuple[Trial, ...]
    files: tuple[str, ...] = ()
    """The migrations in the part of the plan that was run."""

    @property
    def ran(self) -> tuple[Trial, ...]:
        """The trials that have a result."""
        return tuple(each for each in self.trials if not each.could_not_run)

    @property
    def judged(self) -> tuple[Trial, ...]:
        """The trials that decide the result. Next to a rewritten version, the original only shows what was wrong."""
        return tuple(each for each in self.trials if each.version != ORIGINAL) or self.trials

    @property
    def is_passed(self) -> bool:
        return all(each.is_passed for each in self.judged)

    @property
    def is_complete(self) -> bool:
        """Whether every trial in ``judged`` could be run."""
        return not any(each.could_not_run for each in self.judged)


def trial_from(data: Mapping[str, Any]) -> Trial:
    """A Trial from its JSON data: the inverse of ``dataclasses.asdict()``."""
    steps = tuple(
        Step(**{**each, "outcome": Outcome(each["outcome"]), "place": _place(each), "notes": tuple(each["notes"])})
        for each in data["steps"]
    )
    return Trial(
        data["engine"],
        data["version"],
        steps,
        {table: tuple(counts) for table, counts in data["rows"].items()},
        tuple(Statement(**{**each, "place": _place(each)}) for each in data["statements"]),
        tuple(Lock(**each) for each in data["locks"]),
        data["could_not_run"],
        data.get("values", {}),
        data.get("before", {}),
    )


def _place(data: Mapping[str, Any]) -> Place | None:
    place = data["place"]
    return Place(**place) if isinstance(place, dict) else None
