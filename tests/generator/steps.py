"""Random data functions, run between the operations of a migration that Django wrote."""

from __future__ import annotations

import datetime
from random import Random

from django.db import models
from django.db.migrations import Migration, RunSQL
from django.db.migrations.state import ModelState, ProjectState
from django.db.migrations.writer import MigrationWriter

from generator.models import value_of

HEAD = "def {name}(apps, schema_editor):\n    import datetime\n\n    {model} = apps.get_model({app!r}, {model!r})\n"

LIVE = "def {name}(apps, schema_editor):\n    import datetime\n\n    from {app}.models import {model}\n"


def written(migration: Migration, state: ProjectState, random: Random, is_stepping: bool) -> str:
    """The text of a migration file. It may get a data function. ``state`` is the state before the migration."""
    if not is_stepping:
        return MigrationWriter(migration, include_header=False).as_string()
    place = random.randint(0, len(migration.operations))
    here = state.clone()
    for operation in migration.operations[:place]:
        operation.state_forwards(migration.app_label, here)
    function = _function(here, random)
    if function is None:
        return MigrationWriter(migration, include_header=False).as_string()
    stepping = Migration(migration.name, migration.app_label)
    operations = [*migration.operations[:place], RunSQL("step"), *migration.operations[place:]]
    vars(stepping).update({**vars(migration), "operations": operations})
    text = MigrationWriter(stepping, include_header=False).as_string()
    reverse = random.choice(["", "", ", migrations.RunPython.noop"])
    lines = text.replace(
        "        migrations.RunSQL(\n            sql='step',\n        ),\n",
        f"        migrations.RunPython(step{reverse}),\n",
    )
    assert "RunPython(step" in lines, text
    return lines.replace("class Migration(", f"{function}\n\nclass Migration(", 1)


def _function(state: ProjectState, random: Random) -> str | None:
    candidates = list(state.models.values())
    if not candidates:
        return None
    model = random.choice(candidates)
    head = HEAD.format(name="step", model=model.name, app=model.app_label)
    if random.random() < 0.25:
        head = LIVE.format(name="step", model=model.name, app=model.app_label)
    columns = [(name, each) for name, each in model.fields.items() if not each.primary_key and not each.is_relation]
    match random.randrange(5):
        case 0 | 1:
            return _copying(head, model, columns, random)
        case 2 if columns:
            name, each = random.choice(columns)
            if each.unique:
                return None
            return f"{head}    {model.name}.objects.update({name}={_code(each)})\n"
        case 3:
            texts = [name for name, each in columns if isinstance(each, models.CharField | models.TextField)]
            if texts:
                name = random.choice(texts)
                value = random.choice([f"(row.{name} or '').strip()", "str(row)[:10]", f"f'{{row.{name}}}'[:10]"])
                body = f"        row.{name} = {value}\n        row.save()\n"
                return f"{head}    for row in {model.name}.objects.all():\n{body}"
        case 4:
            return _making(head, model)
    return None


def _copying(head: str, model: ModelState, columns: list[tuple[str, models.Field]], random: Random) -> str | None:  # type: ignore[type-arg]
    pairs = [(a, b) for a, one in columns for b, two in columns if a != b and type(one) is type(two) and not two.unique]
    if not pairs:
        return None
    old, new = random.choice(pairs)
    if random.random() < 0.5:
        return f"{head}    for row in {model.name}.objects.all():\n        row.{new} = row.{old}\n        row.save()\n"
    return f"{head}    from django.db.models import F\n\n    {model.name}.objects.update({new}=F({old!r}))\n"


def _making(head: str, model: ModelState) -> str | None:
    given = []
    for name, each in model.fields.items():
        if isinstance(each, models.AutoField | models.BigAutoField) or each.null or each.has_default():
            continue
        if each.many_to_many:
            continue
        if each.is_relation:
            return None
        given.append(f"{name}={_code(each)}")
    return f"{head}    {model.name}.objects.create({', '.join(given)})\n"


def _code(each: models.Field) -> str:  # type: ignore[type-arg]
    value = value_of(each, 77)
    match value:
        case str() | int() | float() | bool() | dict():
            return repr(value)
        case datetime.timedelta():
            return f"datetime.timedelta(seconds={value.total_seconds():g})"
    return repr(str(value))
