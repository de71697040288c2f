"""A step of a repair: what it runs, the statements that show it, and those that undo it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.operations import RunPython
from django.db.migrations.operations.base import Operation
from django.db.migrations.recorder import MigrationRecorder
from django.db.migrations.state import ProjectState
from django.db.models import Field, Model

Action = Callable[[Any], None]
"""Gets the schema editor."""


@dataclass(frozen=True)
class Step:
    """One step of a repair."""

    title: str
    run: Action
    undo: Action | None
    """None if nothing is to be undone."""
    note: str = ""
    """A comment in place of what can't be shown as a statement."""
    is_alone: bool = False
    """Whether it must run outside a transaction."""


def of_operation(
    operation: Operation, app: str, before: ProjectState, after: ProjectState, is_alone: bool = False
) -> Step:
    """Run an operation forward; to undo it, run it back. ``is_alone``: as in a migration with ``atomic = False``."""
    if isinstance(operation, RunPython):
        name = getattr(operation.code, "__name__", "")
        return Step(
            f"run {name}() of {app}",
            lambda editor: operation.database_forwards(app, editor, before, after),
            None,
            f"-- {name}(apps, schema_editor) runs here",
            is_alone,
        )
    refuses_transactions = hasattr(operation, "_ensure_not_in_transaction")  # so it can't be shown in one
    return Step(
        operation.describe(),
        lambda editor: operation.database_forwards(app, editor, before, after),
        None if refuses_transactions else lambda editor: operation.database_backwards(app, editor, after, before),
        f"-- {operation.describe()}" if refuses_transactions else "",
        is_alone,
    )


def reversed_operation(operation: Operation, app: str, before: ProjectState, after: ProjectState) -> Step:
    """Take an operation back that is in the database."""
    return Step(
        f"take back: {operation.describe()}",
        lambda editor: operation.database_backwards(app, editor, after, before),
        lambda editor: operation.database_forwards(app, editor, before, after),
    )


def of_tables(models: list[type[Model]]) -> Step:
    """Create the tables of models that have no many-to-many fields. Keys between them come last."""

    def create(editor: Any) -> None:
        for model in models:
            editor.create_model(model)

    def delete(editor: Any) -> None:
        for model in reversed(models):
            editor.delete_model(model)

    return Step(f"create {', '.join(model._meta.db_table for model in models)}", create, delete)


def of_index(model: type[Model], field: Field[Any, Any], is_unique: bool) -> Step:
    """Create the unique constraint or the index of one field."""

    def statement(editor: Any) -> Any:
        create = editor._create_unique_sql if is_unique else editor._create_index_sql
        return create(model, [field]) if is_unique else create(model, fields=[field])

    def drop(editor: Any) -> None:
        name = str(statement(editor).parts["name"]).strip('"`')
        delete = editor._delete_unique_sql if is_unique else editor._delete_index_sql
        editor.execute(delete(model, name))

    kind = "unique constraint" if is_unique else "index"
    title = f"create the {kind} on {model._meta.db_table}.{field.column}"
    return Step(title, lambda editor: editor.execute(statement(editor)), drop)


def of_primary_key(model: type[Model], columns: str) -> Step:
    """Create the primary key. ``columns`` are divided by commas."""

    def altered(change: str) -> Action:
        return lambda editor: editor.execute(f"ALTER TABLE {editor.quote_name(model._meta.db_table)} {change}")

    def create(editor: Any) -> None:
        altered(f"ADD PRIMARY KEY ({', '.join(map(editor.quote_name, columns.split(',')))})")(editor)

    def drop(editor: Any) -> None:
        name = editor.quote_name(f"{model._meta.db_table}_pkey"[: editor.connection.ops.max_name_length()])
        altered("DROP PRIMARY KEY" if editor.connection.vendor == "mysql" else f"DROP CONSTRAINT {name}")(editor)

    return Step(f"create the primary key of {model._meta.db_table}", create, drop)


def of_sql(title: str, sql: list[str], undo: list[str], is_alone: bool = False) -> Step:
    """Run statements."""

    def running(statements: list[str]) -> Action:
        def run(editor: Any) -> None:
            for each in statements:
                editor.execute(each, None)

        return run

    return Step(title, running(sql), running(undo), is_alone=is_alone)


def of_record(connection: BaseDatabaseWrapper, app: str, name: str) -> Step:
    """Record a migration as applied."""
    table = connection.ops.quote_name(MigrationRecorder.Migration._meta.db_table)
    return of_sql(
        f"record {app}.{name} as applied",
        [f"INSERT INTO {table} (app, name, applied) VALUES ('{app}', '{name}', CURRENT_TIMESTAMP)"],
        [f"DELETE FROM {table} WHERE app = '{app}' AND name = '{name}'"],
    )


def shown(connection: BaseDatabaseWrapper, action: Action | None, note: str = "") -> list[str]:
    """The statements of an action, without running it."""
    if note or action is None:
        return [note] if note else []
    editor: Any = connection.schema_editor(collect_sql=True, atomic=False)
    editor.deferred_sql = []  # what __enter__ sets; __exit__ would check the rows on SQLite
    action(editor)
    for each in editor.deferred_sql:
        editor.execute(each)
    return list(map(str, editor.collected_sql))
