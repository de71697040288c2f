"""The parts of the page that a run on scratch databases fills: the table, and the SQL before and after."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from migfix.prove.proof import ORIGINAL, Lock, Outcome, Proof, Trial
from migfix.report.page.sides import Side, rows
from migfix.report.proof import STEPS, reasons, row_counts, statements, title, verdict
from migfix.report.text import shown

_MARKS = {Outcome.passed: ("✓", "passed"), Outcome.failed: ("✗", "failed"), Outcome.noted: ("!", "to note")}
_NOT_REACHED = {"mark": "-", "outcome": "not reached", "seconds": ""}


def proof_of(proof: Proof, start: Path) -> dict[str, object]:
    """What the template shows of a proof. Paths are relative to ``start``."""
    told = [trial for trial in proof.trials if not trial.could_not_run]
    names = [name for name in STEPS if any(step.name == name for trial in told for step in trial.steps)]
    heading, *counts = list(row_counts(told)) or [""]
    return {
        "verdict": verdict(proof),
        "is_passed": proof.is_passed,
        "files": [shown(path, start) for path in proof.files],
        "titles": list(map(title, told)),
        "steps": [(name, [_cell(trial, name) for trial in told]) for name in names],
        "reasons": [each for trial in proof.trials for each in reasons(trial, start)],
        "counts_heading": heading,
        "counts": [line.strip() for line in counts],
        "engines": list(_engines(told)),
    }


def _cell(trial: Trial, name: str) -> dict[str, str]:
    step = next((each for each in trial.steps if each.name == name), None)
    if step is None:
        return _NOT_REACHED
    mark, outcome = _MARKS[step.outcome]
    return {"mark": mark, "outcome": outcome, "seconds": f"{step.seconds:.2f} s"}


def _engines(trials: list[Trial]) -> Iterator[dict[str, object]]:
    """Of each engine the statements of going forward and back, original beside rewritten, and the locks they took."""
    for engine in dict.fromkeys(trial.engine for trial in trials):
        own = [trial for trial in trials if trial.engine == engine]
        for step in ("forward", "back"):
            original, rewritten = (_sql(own, step, is_original) for is_original in (True, False))
            if original.lines or rewritten.lines:
                locks = [(title(trial), each) for trial in own for each in trial.locks if each.step == step]
                yield {
                    "title": f"{engine}, {step}",
                    "sides": list(rows(original, rewritten, is_whole=True)),
                    "locks": [_lock(*each) for each in locks],
                }


def _sql(trials: list[Trial], step: str, is_original: bool) -> Side:
    lines = [line for trial in trials if (trial.version == ORIGINAL) is is_original for line in statements(trial, step)]
    return Side.of("\n".join(lines), "sql")


def _lock(trial: str, lock: Lock) -> dict[str, str]:
    return {"trial": trial, "table": lock.table, "mode": lock.mode, "held": f"{lock.seconds * 1000:.0f} ms"}
