"""The plan of a repair, and how it is carried out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from django.db import transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.recorder import MigrationRecorder

from migfix.repair.compared import Compared
from migfix.repair.facets import table_of
from migfix.repair.filling import refill
from migfix.repair.finishing import Left, finish, out_of_order
from migfix.repair.history import key_of
from migfix.repair.progress import Progress, progress_of
from migfix.repair.server_facts import invalid_indexes, moved_on, validated
from migfix.repair.steps import Step, of_tables, shown


def plan(compared: Compared) -> tuple[list[Step], list[str]]:
    """The next steps, and why the rest is left. After them, another plan may follow."""
    connection = compared.applied.connection
    again = invalid_indexes(connection)
    why = [each.what for each in again if isinstance(each, Left)]
    if steps := [each for each in again if isinstance(each, Step)]:
        return steps, why
    for each in _unfinished(compared):
        found = finish(compared.applied, each, compared.real)
        if isinstance(found, Left):
            why.append(found.what)
        else:
            steps += found
    if steps:
        has_records = ("table", MigrationRecorder.Migration._meta.db_table) in compared.real
        return [*([] if has_records else [of_tables([MigrationRecorder.Migration])]), *steps], why
    for part in refill(compared):
        if isinstance(part, Left):
            why.append(part.what)
        else:
            steps.append(part)
    models = [model for model in compared.models if model._meta.app_label in compared.apps]
    here = [model for model in models if ("table", table_of(model)) in compared.real]
    steps += validated(connection, map(table_of, here))
    return [*steps, *moved_on(connection, here)], why


def _unfinished(compared: Compared) -> list[Progress]:
    """The migrations that are begun, and those that applied ones depend on."""
    found = {key_of(each.migration): each for each in compared.begun}
    for key in out_of_order(compared.applied, compared.apps):
        if key not in found:
            migration = compared.applied.loader.graph.nodes[key]
            found[key] = progress_of(compared.applied, migration, compared.real, compared.present)
    return [found[key] for key in map(key_of, compared.applied.order) if key in found]


def described(connection: BaseDatabaseWrapper, steps: list[Step]) -> list[dict[str, object]]:
    """The steps as text: a title, the statements, and those that undo it."""
    return [
        {
            "title": each.title,
            "statements": shown(connection, each.run, each.note),
            "undo": _undone(connection, each),
        }
        for each in steps
    ]


def _undone(connection: BaseDatabaseWrapper, step: Step) -> list[str]:
    by_hand = [f"-- take back by hand: {step.title}"]
    try:
        return shown(connection, step.undo) or by_hand
    except ValueError:  # Django looks for the constraint that the step makes, and it isn't there yet
        return by_hand


def carry_out(connection: BaseDatabaseWrapper, steps: list[Step]) -> None:
    """Run the steps: in one transaction where the engine can. Raises DatabaseError."""
    with _unchecked(connection), ExitStack() as stack:
        if connection.features.can_rollback_ddl and not any(each.is_alone for each in steps):
            stack.enter_context(transaction.atomic(using=connection.alias))
        for step in steps:
            with connection.schema_editor(atomic=connection.in_atomic_block) as editor:
                step.run(editor)


@contextmanager
def _unchecked(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """SQLite makes tables anew, which it does only while foreign keys aren't checked."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.disable_constraint_checking()
    try:
        yield
        connection.check_constraints()
    finally:
        connection.enable_constraint_checking()
