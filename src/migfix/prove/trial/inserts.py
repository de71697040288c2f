"""Inserts by the new and by the previous release after the migrations have run."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import Model

from migfix.findings.proof import Outcome
from migfix.prove.trial.steps import Steps, StepUnderWay
from migfix.prove.trial.test_rows.rows import SyntheticRows
from migfix.prove.trial.test_rows.values import NoRow


def insert(steps: Steps, synthetic: SyntheticRows, models: list[type[Model]]) -> None:
    for model in models:
        with steps.step("insert") as step:
            _try_insert(synthetic, model, step)
        steps.merge(f"{model._meta.db_table}: ")


def _try_insert(synthetic: SyntheticRows, model: type[Model], step: StepUnderWay) -> None:
    try:
        synthetic.insert(model)
    except NoRow as error:
        step.note(f"{model._meta.db_table}: no insert was tried: {error}")


def insert_as_before(steps: Steps, synthetic: SyntheticRows, models: list[type[Model]]) -> None:
    """Insert with the models before the migrations, as the previous release would. An error is noted, not a failure."""
    for model in models:
        with steps.step("previous release") as step:
            _try_insert(synthetic, model, step)
        if not steps.is_passed:
            failed = steps.all.pop()
            why = (failed.error or "").partition(" DETAIL: ")[0]  # PostgreSQL adds the whole row
            note = f"the previous release can't insert into {model._meta.db_table}: {why}"
            steps.all.append(replace(failed, outcome=Outcome.noted, error=None, place=None, notes=(note,)))
        steps.merge("")
