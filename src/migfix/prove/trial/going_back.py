"""Rows that differ after migrating back: because of the kind of operation, a noop, or for no known reason."""

from __future__ import annotations

from django.db.migrations.migration import Migration
from django.db.migrations.operations import AlterField, DeleteModel, RemoveField, RunSQL

from migfix.findings.proof import Place
from migfix.prove.trial.snapshot import Rows, is_filled_in, row_differences
from migfix.prove.trial.steps import StepUnderWay
from migfix.prove.trial.touched import flattened


def weigh(
    step: StepUnderWay, migrations: list[Migration], noops: list[Place], before: Rows, there: Rows, after: Rows
) -> None:
    """Note the differences that migrating back can't avoid, and fail the step with the others.

    The rows are those ``before`` the migrations, ``there`` after migrating forward, and ``after`` migrating back.
    """
    drops = [RemoveField, DeleteModel, RunSQL]
    done = [op for migration in migrations for op in flattened(migration.operations)]
    kinds = {type(op) for op in done}
    dates = {op.name for op in done if isinstance(op, AlterField) and op.field.get_internal_type() == "DateField"}
    for each in row_differences(before, after):
        is_gone = each.table not in there or not set(each.columns) <= set(there[each.table][0])
        if is_gone and kinds.intersection(drops):
            step.note(f"{each} after going back: going forward drops the values, and going back can't restore them")
        elif AlterField in kinds and is_filled_in(each, before, after):
            step.note(f"{each} after going back: filled NULLs stay filled")
        elif set(each.columns) <= dates:
            step.note(f"{each} after going back: a date has no time of day")
        elif noops:
            step.note(f"{each} after going back: {shown_noops(noops)}")
        else:
            step.fail([f"{each} after going back"])


def shown_noops(places: list[Place]) -> str:
    """The reason that rows differ: the reverses that do nothing."""
    lines = ", ".join(f"{place.operation} (line {place.line})" for place in places)
    return f"the reverse of {lines} does nothing"
