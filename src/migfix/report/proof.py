"""A proof as a table with the reasons below it, and as JSON."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from migfix.findings.proof import ORIGINAL, Outcome, Place, Proof, Step, Trial
from migfix.report.text import shown

if TYPE_CHECKING:
    from rich.console import RenderableType

STEPS = (
    "load",
    "state before",
    "rows",
    "forward",
    "back",
    "forward again",
    "insert",
    "plain schema",
    "previous release",
    "edge rows",
    "makemigrations",
    "same values",
)
"""The steps of a trial in the order in which they are shown."""
MOST_TABLES = 12
LEAST_WIDTH = 80
"""Columns. On a narrower terminal, a table that wraps is better than one without names."""
MARKS = {Outcome.passed: "✓", Outcome.failed: "✗", Outcome.noted: "!"}
NOT_REACHED = "-"
_STYLES = {Outcome.passed: "green", Outcome.failed: "bold red", Outcome.noted: "yellow"}


def render_proof(proof: Proof, start: Path, width: int, is_coloured: bool = False) -> str:
    """The table, then failures and notes, row counts, and the verdict."""
    parts = [_on_paper(_table(trials), width, is_coloured) for trials in _side_by_side(proof.ran, width)]
    parts += [f"{line}\n" for trial in proof.trials for line in reasons(trial, start)]
    parts += [f"{line}\n" for line in row_counts(proof.ran)]
    return "".join(parts) + verdict(proof) + "\n"


def render_sql(proof: Proof, width: int, is_coloured: bool = False) -> str:
    """The statements of going forward and back and their locks, two versions of an engine side by side."""
    from rich import box
    from rich.table import Table

    parts = []
    for engine, step, trials in runs(proof.trials):
        table = Table(box=box.SIMPLE_HEAD, title=f"{engine}: {step}", title_justify="left", pad_edge=False)
        for trial in trials:
            table.add_column(trial.version or "statements", ratio=1, overflow="fold")
        table.add_row(*("\n".join(statements(trial, step, is_timed=True)) for trial in trials))
        if any(lock.step == step for trial in trials for lock in trial.locks):
            table.add_section()
            table.add_row(*("\n".join(_locks(trial, step)) for trial in trials))
        parts.append(_on_paper(table, width, is_coloured))
    return "".join(parts)


def runs(trials: tuple[Trial, ...]) -> Iterator[tuple[str, str, list[Trial]]]:
    """Engine, step and trials of going forward and back, if statements ran."""
    for engine in dict.fromkeys(trial.engine for trial in trials):
        own = [trial for trial in trials if trial.engine == engine]
        for step in ("forward", "back"):
            if any(each.step == step for trial in own for each in trial.statements):
                yield engine, step, own


def statements(trial: Trial, step: str, is_timed: bool = False) -> Iterator[str]:
    """The SQL of one step, below the operations that it comes from. ``is_timed`` adds how long each took."""
    place = None
    for each in trial.statements:
        if each.step == step:
            if each.place != place:
                place = each.place
                yield f"-- {place.operation}" if place is not None else "-- at the end of the file"
            remarks = filter(None, ["failed" * each.is_failed, f"{each.seconds * 1000:.1f} ms" * is_timed])
            yield f"{each.sql.rstrip(';')};  -- {', '.join(remarks)}".removesuffix("  -- ")


def _locks(trial: Trial, step: str) -> Iterator[str]:
    yield "locks"
    for lock in trial.locks:
        if lock.step == step:
            yield f"{lock.table}: {lock.mode}, {lock.seconds * 1000:.0f} ms"


def verdict(proof: Proof) -> str:
    """One closing line."""
    engines = ", ".join(dict.fromkeys(trial.engine for trial in proof.judged))
    if not proof.is_complete:
        return "could not be verified everywhere."
    originals = [trial for trial in proof.trials if trial.version == ORIGINAL and not trial.could_not_run]
    wrong = [trial for trial in originals if not trial.is_passed]
    beside = f"; the original fails on {', '.join(trial.engine for trial in wrong)}" if wrong else ""
    what = "the rewritten version passes" if any(trial.version == ORIGINAL for trial in proof.trials) else "passes"
    if proof.is_passed:
        unseen = (
            "; there were no rows before, so this shows nothing about a database with rows"
            if _is_rowless(proof)
            else ""
        )
        return f"{what} on {engines}{beside}{unseen}."
    failing = ", ".join(dict.fromkeys(trial.engine for trial in proof.judged if not trial.is_passed))
    return f"fails on {failing}."


def proof_as_json(proof: Proof) -> str:
    """Everything that was found, as JSON."""
    trials = [{**dataclasses.asdict(trial), "passed": trial.is_passed} for trial in proof.trials]
    for each in trials:
        del each["values"], each["before"]
    data = {"passed": proof.is_passed and proof.is_complete, "trials": trials}
    return json.dumps(data, indent=1, default=lambda value: value.value) + "\n"


def _is_rowless(proof: Proof) -> bool:
    return not any(counts and counts[0] for trial in proof.judged for counts in trial.rows.values())


def _on_paper(what: RenderableType, width: int, is_coloured: bool) -> str:
    from rich.console import Console

    paper = io.StringIO()
    Console(
        file=paper, width=max(width, LEAST_WIDTH), force_terminal=is_coloured, no_color=not is_coloured, highlight=False
    ).print(what)
    return paper.getvalue()


def _side_by_side(trials: tuple[Trial, ...], width: int) -> list[tuple[Trial, ...]]:
    """The trials in one table if they fit its width, else a table for each engine."""
    needed = max(map(len, STEPS)) + sum(len(title(trial)) + 2 for trial in trials)
    if not trials or needed <= max(width, LEAST_WIDTH):
        return [trials] if trials else []
    return [tuple(own) for _, own in groupby(trials, key=lambda trial: trial.engine)]


def _table(trials: tuple[Trial, ...]) -> RenderableType:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("step", no_wrap=True)
    for trial in trials:
        table.add_column(title(trial), no_wrap=True)
    for name, steps in reached(trials):
        table.add_row(name, *(Text(_cell(step), _STYLES[step.outcome] if step else "dim") for step in steps))
    return table


def reached(trials: tuple[Trial, ...]) -> Iterator[tuple[str, list[Step | None]]]:
    """Each step that a trial reached, with its outcome in every trial. None for a trial that didn't reach it."""
    for name in STEPS:
        steps = [next((step for step in trial.steps if step.name == name), None) for trial in trials]
        if any(steps):
            yield name, steps


def title(trial: Trial) -> str:
    """The title of a trial: sqlite rewritten."""
    return f"{trial.engine} {trial.version}".strip()


def _cell(step: Step | None) -> str:
    if step is None:
        return NOT_REACHED
    return f"{MARKS[step.outcome]} {step.seconds:.2f} s"


def reasons(trial: Trial, start: Path) -> Iterator[str]:
    """Each failure and each note, with its cause in the line below it."""
    if trial.could_not_run:
        yield f"✗ {title(trial)}: could not run: {trial.could_not_run}"
    for step in trial.steps:
        if step.error:
            cause = f"\n  caused by {_where(step.place, start)}" if step.place else ""
            yield f"✗ {title(trial)}, {step.name}: {step.error}{cause}"
        for note in step.notes:
            yield f"! {title(trial)}, {step.name}: {note}"


def _where(place: Place, start: Path) -> str:
    line = f":{place.line}" if place.line else ""
    return f"{shown(place.path, start)}{line}: {place.operation}"


def row_counts(trials: tuple[Trial, ...]) -> Iterator[str]:
    """Rows before → forward → back → forward again, one line for each table if all trials agree.

    With many tables, only those whose number of rows changes.
    """
    lines: dict[str, list[str]] = {}
    steady: set[str] = set()
    for trial in trials:
        for table, counts in trial.rows.items():
            if len(trial.rows) > MOST_TABLES and len(set(counts)) == 1:
                steady.add(table)
                continue
            text = f"  {table}: {' → '.join('none' if count is None else str(count) for count in counts)}"
            lines.setdefault(text, []).append(title(trial))
    if lines:
        yield "rows before → forward → back → forward again ('none': the table is not there)"
    for text, titles in lines.items():
        yield text if len(titles) == len(trials) else f"{text} ({', '.join(titles)})"
    if steady:
        yield f"  {len(steady)} more tables have the same number at every step"
