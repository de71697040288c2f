"""The steps of a trial, each with its outcome."""

from __future__ import annotations

import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from django.db.migrations.exceptions import IrreversibleError

from migfix.findings.proof import Outcome, Place, Step
from migfix.prove.trial.foreign import Foreign
from migfix.prove.trial.statements import StatementLog

MOST_TOLD = 5
"""The number of differences that are listed."""


@dataclass
class StepUnderWay:
    """The result of a step so far."""

    outcome: Outcome = Outcome.passed
    error: str | None = None
    notes: list[str] = field(default_factory=list)

    def fail(self, errors: list[str]) -> None:
        """Fail with these errors, in addition to earlier ones. Does nothing if the list is empty."""
        if errors:
            self.outcome = Outcome.failed
            self.error = "; ".join(filter(None, [self.error, shortened(errors)]))

    def note(self, text: str) -> None:
        self.outcome = Outcome.noted if self.outcome is Outcome.passed else self.outcome
        self.notes.append(text)


class Steps:
    """The steps so far, and the one that is running."""

    def __init__(
        self, log: StatementLog, report_step: Callable[[str], None], irreversible: list[Place], has_own_rows: bool
    ) -> None:
        self.all: list[Step] = []
        self._log = log
        self._report_step = report_step
        self._irreversible = irreversible
        self._has_own_rows = has_own_rows

    @property
    def last(self) -> Step:
        return self.all[-1]

    @property
    def is_passed(self) -> bool:
        """Whether the last step didn't fail."""
        return self.last.outcome is not Outcome.failed

    @contextmanager
    def step(self, name: str) -> Iterator[StepUnderWay]:
        """Run the block as a step. An exception in the block fails the step; only Stopped is raised."""
        self._report_step(name)
        started, under_way, place = time.perf_counter(), StepUnderWay(), None
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with Foreign() as caught, self._log.watching(name):
                yield under_way
        if caught.error is not None:
            under_way.fail([caught.message])
            place = self._place_of(caught.error)
            if place and place.operation.startswith("RunPython") and not self._has_own_rows:
                under_way.note("these are test rows; if your data can't look like that, use --rows-from with your own")
        seconds = time.perf_counter() - started
        self.all.append(
            Step(name, under_way.outcome, seconds, under_way.error, place, tuple(dict.fromkeys(under_way.notes)))
        )

    def _place_of(self, error: BaseException) -> Place | None:
        """The operation that an error comes from, with the line in its file that raised it, if there is one."""
        if isinstance(error, IrreversibleError):
            return next(iter(self._irreversible), None)
        place = self._log.place_of(error)
        if place:
            lines = [
                frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == place.path
            ]
            place = replace(place, line=lines[-1]) if lines else place
        return place

    def merge(self, before: str) -> None:
        """Merge the last step into the one before it, if they have the same name.

        The result has the worse outcome, the sum of the times, and both errors. ``before`` is put before the new error.
        """
        new = self.all.pop()
        new = replace(new, error=before + new.error) if new.error else new
        old = self.all[-1] if self.all and self.all[-1].name == new.name else None
        if old is None:
            self.all.append(new)
            return
        worst = next(
            each for each in (Outcome.failed, Outcome.noted, Outcome.passed) if each in (old.outcome, new.outcome)
        )
        errors = "; ".join(filter(None, [old.error, new.error])) or None
        self.all[-1] = Step(
            new.name, worst, old.seconds + new.seconds, errors, old.place or new.place, (*old.notes, *new.notes)
        )


def shortened(errors: list[str]) -> str:
    """The first differences, and the number of the others."""
    more = f"; and {len(errors) - MOST_TOLD} more" if len(errors) > MOST_TOLD else ""
    return "; ".join(errors[:MOST_TOLD]) + more
