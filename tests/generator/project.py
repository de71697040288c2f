"""A project on disk: two releases of its models, as real migrations."""

from __future__ import annotations

import datetime
from pathlib import Path
from random import Random
from typing import Any

from django.db import models
from django.db.migrations import Migration
from django.db.migrations.autodetector import MigrationAutodetector
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.questioner import MigrationQuestioner
from django.db.migrations.state import ProjectState

from generator.changes import changed
from generator.first import first_tables
from generator.models import APPS, copied, project_state, value_of
from generator.source import register_user, write_managers, write_models
from generator.steps import written


class Answers(MigrationQuestioner):
    """Answers to Django's questions, as somebody would type them."""

    def __init__(self, random: Random, state: ProjectState) -> None:
        super().__init__()
        self.random = random
        self.state = state

    def ask_not_null_addition(self, field_name: str, model_name: str) -> Any:
        return self.answer(field_name, model_name)

    def ask_not_null_alteration(self, field_name: str, model_name: str) -> Any:
        return models.NOT_PROVIDED if self.random.random() < 0.5 else self.answer(field_name, model_name)

    def ask_auto_now_add_addition(self, field_name: str, model_name: str) -> Any:
        return datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)

    def ask_rename(self, model_name: str, old_name: str, new_name: str, field_instance: Any) -> bool:
        return self.random.random() < 0.5

    def ask_rename_model(self, old_model_state: Any, new_model_state: Any) -> bool:
        return self.random.random() < 0.5

    def answer(self, field_name: str, model_name: str) -> Any:
        """A one-off default, as people type it: 1, a text or a date."""
        named = (each for key, each in self.state.models.items() if key[1] == model_name.lower())
        field = next(model.fields[field_name] for model in named if field_name in model.fields)
        return 1 if field.is_relation else value_of(field, 1)


def user_of(seed: int) -> str:
    """The label of the project's own user model, or an empty string."""
    random = Random(-seed)
    return f"{random.choice(APPS)}.User" if random.random() < 0.3 else ""


def write_project(root: Path, seed: int) -> list[str]:
    """Write two releases to the skeleton at ``root``; return the files of the second. Django must be set up already."""
    random = Random(seed)
    if user := user_of(seed):
        register_user(user)
    first = first_tables(random, user)
    second = copied(first)
    changed(random, second)
    write_managers(root, [*first.values(), *second.values()])
    write_models(root, second)
    _write(root, ProjectState(), project_state(first), random, is_stepping=False)
    return _write(root, project_state(first), project_state(second), random, is_stepping=random.random() < 0.5)


def _write(root: Path, old: ProjectState, new: ProjectState, random: Random, is_stepping: bool) -> list[str]:
    loader = MigrationLoader(None, ignore_no_migrations=True)
    detector = MigrationAutodetector(old, new, Answers(random, new))
    found: dict[str, list[Migration]] = detector.changes(loader.graph)
    state, files = old.clone(), []
    for app, migrations in found.items():
        for migration in migrations:
            text = written(migration, state, random, is_stepping and random.random() < 0.7)
            path = root / app / "migrations" / f"{migration.name}.py"
            path.write_text(text)
            files.append(str(path.relative_to(root)))
            for operation in migration.operations:
                try:
                    operation.state_forwards(app, state)
                except (KeyError, LookupError):  # a model of another app, whose migration comes later in this loop
                    state = new.clone()
    return files
