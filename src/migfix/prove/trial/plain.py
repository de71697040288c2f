"""The schema when the tables of the models are created directly. Separate operations must result in the same one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.models import Model

from migfix.prove.trial.scratch.databases import plain_database
from migfix.prove.trial.snapshot import Schema, Table, constraint_differences, schema_of, table_of


def plain_schema(alias: str, models: Iterable[type[Model]]) -> Schema:
    """The schema that the schema editor creates for these models in an empty database."""
    with plain_database(alias) as connection:
        with connection.constraint_checks_disabled(), connection.schema_editor() as editor:
            for model in models:
                editor.create_model(model)
        return schema_of(connection)


def against_plain(real: Schema, plain: Schema, models: Iterable[type[Model]]) -> set[str]:
    """The differences between the real and the plain tables of ``models``, one line for each.

    Names only count if a model sets them. Django keeps an automatic name when a table or a column is renamed.
    """
    found = set()
    for model in models:
        for table in (table_of(model), *_through(model)):
            if table not in real or table not in plain:
                found.add(f"table {table} is {'missing' if table not in real else 'left over'}")
                continue
            found |= _columns(table, real[table], plain[table])
            stated = {each.name for each in (*model._meta.indexes, *model._meta.constraints)}
            found.update(constraint_differences(table, plain[table], real[table], stated))
    return found


def _through(model: type[Model]) -> list[str]:
    throughs: list[Any] = [field.remote_field.through for field in model._meta.local_many_to_many]
    return [each._meta.db_table for each in throughs if each._meta.auto_created]


def _columns(table: str, real: Table, plain: Table) -> set[str]:
    found = {f"{table}: column {name} is left over" for name in real.columns.keys() - plain.columns.keys()}
    found |= {f"{table}: column {name} is missing" for name in plain.columns.keys() - real.columns.keys()}
    return found | {
        f"{table}: column {name} is `{real.columns[name]}` and would be `{plain.columns[name]}`"
        for name in real.columns.keys() & plain.columns.keys()
        if _without_default(real.columns[name]) != _without_default(plain.columns[name])
    }


def _without_default(column: str) -> str:
    return column.rpartition("NULL ")[0]


def needed_tables(models: Iterable[type[Model]]) -> list[type[Model]]:
    """These models and all models that their relations point at, if they have their own table."""
    found: dict[type[Model], None] = {}
    waiting: list[Any] = list(models)
    while waiting:
        model = waiting.pop()._meta.concrete_model
        if model._meta.auto_created:  # its table is created with the model that has the field
            waiting.append(model._meta.auto_created)
            continue
        if model in found or not model._meta.managed or model._meta.swapped:
            continue
        found[model] = None
        waiting += [field.remote_field.model for field in model._meta.local_concrete_fields if field.remote_field]
        waiting += [field.remote_field.model for field in model._meta.local_many_to_many]
    return list(found)
