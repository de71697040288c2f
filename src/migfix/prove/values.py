"""Compare the values that two versions of the files write, if both run forward."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from migfix.findings.proof import ORIGINAL, REWRITTEN, Outcome, Step, Trial

MOST_TOLD = 3


def with_values_compared(trials: Iterable[Trial]) -> tuple[Trial, ...]:
    """The trials, with a step added to rewritten versions that fails if they write other values than the original."""
    trials = tuple(trials)
    originals = {each.engine: each for each in trials if each.version == ORIGINAL and _runs(each)}
    return tuple(
        _compared(originals[each.engine], each)
        if each.version == REWRITTEN and each.engine in originals and _runs(each)
        else each
        for each in trials
    )


def _runs(trial: Trial) -> bool:
    return any(step.name == "forward" and step.outcome is not Outcome.failed for step in trial.steps)


def _compared(original: Trial, rewritten: Trial) -> Trial:
    shared = original.before.keys() & rewritten.before.keys()
    if any(original.before[table] != rewritten.before[table] for table in shared):
        return rewritten  # they touch other tables, so they started with other rows
    found = list(_differences(original, rewritten))
    error = "; ".join([*found[:MOST_TOLD], *(["…"] if len(found) > MOST_TOLD else [])]) or None
    step = Step("same values", Outcome.failed if found else Outcome.passed, error=error)
    return replace(rewritten, steps=(*rewritten.steps, step))


def _differences(original: Trial, rewritten: Trial) -> Iterator[str]:
    """Values that differ in rows that both have. Additional rows, such as placeholder rows, are ignored."""
    for table, columns in original.values.items():
        for column, values in columns.items():
            others = rewritten.values.get(table, {}).get(column, {})
            for key in sorted(values.keys() & others.keys()):
                if values[key] != others[key]:
                    yield f"{table}.{column} of row {key} is {others[key]} instead of {values[key]}"
