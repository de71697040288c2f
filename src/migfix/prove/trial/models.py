"""The models that a trial uses, before and after its migrations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db.migrations.migration import Migration
from django.db.migrations.operations import AlterField
from django.db.migrations.state import ProjectState
from django.db.models import Field, Model

from migfix.prove.trial.touched import flattened
from migfix.source.migration import Key


def models_of(state: ProjectState, keys: Iterable[Key]) -> list[type[Model]]:
    """The models ``keys`` in a state, including the intermediate models of their many-to-many fields."""
    found: dict[type[Model], None] = {}
    for key in keys:
        if key in state.models:
            model = state.apps.get_model(*key)._meta.concrete_model
            if not model._meta.swapped:
                found[model] = None
                found.update(dict.fromkeys(field.remote_field.through for field in model._meta.local_many_to_many))
    return list(found)


_TEXT = ("CharField", "TextField", "SlugField", "EmailField", "URLField")


def becoming(before: ProjectState, migrations: Iterable[Migration]) -> dict[tuple[str, str], Field[Any, Any]]:
    """The text columns that change to another type -> the new field. Their values must be valid for that type."""
    found = {}
    for migration in migrations:
        for op in flattened(migration.operations):
            if isinstance(op, AlterField) and (migration.app_label, op.model_name_lower) in before.models:
                old = before.models[migration.app_label, op.model_name_lower].fields.get(op.name)
                is_text = old is not None and old.get_internal_type() in _TEXT
                if is_text and op.field.get_internal_type() not in (*_TEXT, "FileField") and not op.field.is_relation:
                    found[f"{migration.app_label}.{op.model_name_lower}", op.name] = op.field
    return found
