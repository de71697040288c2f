"""The parts of the page that come from scratch databases: the table, and the SQL before and after."""

from __future__ import annotations

from pathlib import Path

from migfix.findings.proof import ORIGINAL, Lock, Outcome, Proof, Step, Trial
from migfix.report.page.sides import Side, rows
from migfix.report.proof import MARKS, NOT_REACHED, reached, reasons, row_counts, runs, statements, title, verdict
from migfix.report.text import shown

_SPOKEN = {Outcome.passed: "passed", Outcome.failed: "failed", Outcome.noted: "to note"}


def proof_of(proof: Proof, start: Path) -> dict[str, object]:
    """The proof as the template needs it. Paths are relative to ``start``."""
    heading, *counts = list(row_counts(proof.ran)) or [""]
    return {
        "verdict": verdict(proof),
        "is_passed": proof.is_passed,
        "notes": sum(step.outcome is Outcome.noted for trial in proof.ran for step in trial.steps),
        "files": [shown(path, start) for path in proof.files],
        "titles": list(map(title, proof.ran)),
        "steps": [(name, list(map(_cell, steps))) for name, steps in reached(proof.ran)],
        "reasons": [each for trial in proof.trials for each in reasons(trial, start)],
        "counts_heading": heading,
        "counts": [line.strip() for line in counts],
        "runs": [_run(*each) for each in runs(proof.ran)],
    }


def _cell(step: Step | None) -> dict[str, str]:
    if step is None:
        return {"mark": NOT_REACHED, "outcome": "not reached", "seconds": ""}
    return {"mark": MARKS[step.outcome], "outcome": _SPOKEN[step.outcome], "seconds": f"{step.seconds:.2f} s"}


def _run(engine: str, step: str, trials: list[Trial]) -> dict[str, object]:
    """The statements of one step, original and rewritten, and the locks that they took."""
    original, rewritten = (_sql(trials, step, is_original) for is_original in (True, False))
    locks = [_lock(title(trial), each) for trial in trials for each in trial.locks if each.step == step]
    return {
        "title": f"{engine}, {step}",
        "sides": list(rows(original, rewritten, is_whole=True)),
        "locks": locks,
    }


def _sql(trials: list[Trial], step: str, is_original: bool) -> Side:
    lines = [line for trial in trials if (trial.version == ORIGINAL) is is_original for line in statements(trial, step)]
    return Side.of("\n".join(lines), "sql")


def _lock(trial: str, lock: Lock) -> dict[str, str]:
    return {"trial": trial, "table": lock.table, "mode": lock.mode, "held": f"{lock.seconds * 1000:.0f} ms"}
