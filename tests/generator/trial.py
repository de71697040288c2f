"""What migrations do to a database, run in a fork that returns what it observed."""

from __future__ import annotations

import json
import os
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

Answer = dict[str, Any]


def forked(work: Callable[[], Answer]) -> Answer:
    """Run ``work`` in a process of its own, and return its result."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        try:
            answer = work()
        except BaseException as error:
            answer = {"crash": f"{type(error).__name__}: {error}", "traceback": traceback.format_exc()}
        with os.fdopen(write, "w") as file:
            json.dump(answer, file, default=str)
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as file:
        text = file.read()
    os.waitpid(child, 0)
    return json.loads(text) if text else {"crash": "the process died"}


def set_up(root: Path, database: dict[str, Any]) -> None:
    import warnings

    import django
    from django.conf import settings

    from generator.source import settings_of

    warnings.simplefilter("ignore")
    os.chdir(root)
    sys.path.insert(0, str(root))
    sys.dont_write_bytecode = True
    settings.configure(DATABASES={"default": database}, **settings_of(root))
    django.setup()


def run(root: Path, database: dict[str, Any], new: list[str], has_rows: bool, seed: int) -> Answer:
    """Migrate to the second release, insert, go back and migrate again. Return the error and the rows of each step."""
    set_up(root, database)
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes()
    nodes = executor.loader.graph.nodes
    first = [key for key in nodes if f"{key[0]}/migrations/{key[1]}.py" not in new and nodes[key].initial]
    first = [max(key for key in first if key[0] == app) for app in dict(first)]
    executor.migrate(first)
    if has_rows:
        state = executor.loader.project_state(first)
        _fill(state.apps, Random(seed))
    found: Answer = {"before": _rows(connection)}
    for name, targets in (
        ("forward", leaves),
        ("back", first + [(app, None) for app, _ in leaves if app not in dict(first)]),
        ("again", leaves),
    ):
        try:
            MigrationExecutor(connection).migrate(targets)
        except Exception as error:
            found[f"{name} error"] = f"{type(error).__name__}: {error}"
            break
        found[name] = _rows(connection)
        if name == "forward":
            found["insert"] = _inserted(executor.loader.project_state(leaves).apps, seed)
    return found


def _inserted(apps: Any, seed: int) -> Answer:
    """Try an insert in each table and roll it back. Return model -> error for the ones that fail."""
    from django.db import DatabaseError, transaction

    models = [each for each in apps.get_models() if not each._meta.proxy]
    there = {each: list(each._base_manager.all()[:1]) for each in models}
    found = {}
    for model in models:
        try:
            with transaction.atomic():
                _row(model, 50, there, Random(seed))
                transaction.set_rollback(True)
        except (DatabaseError, ValueError) as error:
            found[model._meta.label] = f"{type(error).__name__}: {error}"
    return found


def _rows(connection: Any) -> Answer:
    """The rows of every table except Django's own, as column -> text."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            if table.startswith("django_"):
                continue
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            names = [each[0] for each in cursor.description]
            found[table] = sorted((dict(zip(names, map(str, row), strict=True)) for row in cursor.fetchall()), key=str)
    return found


def _fill(apps: Any, random: Random) -> None:
    """Insert up to three rows for each model, the referenced models first, and links between the rows."""
    made: dict[Any, list[Any]] = {}
    waiting = [each for each in apps.get_models() if not each._meta.proxy]
    for _ in range(len(waiting) ** 2 + 1):
        if not waiting:
            break
        model = waiting.pop(0)
        keys = [each for each in model._meta.local_fields if each.is_relation]
        if any(_concrete(each) not in made and not each.null for each in keys):
            waiting.append(model)
            continue
        made[model] = []
        parents = model._meta.get_parent_list()
        for number in range(1, random.choice([0, 2, 3, 3]) + 1):
            row = _row(model, number + 10 * len(parents), made, random)
            if row is None:
                break
            for each in (model, *parents):
                made[each].append(row)
    for model, rows in made.items():
        for each in model._meta.local_many_to_many:
            through = each.remote_field.through
            for row in rows if through._meta.auto_created else ():
                for other in made.get(_concrete(each), [])[:2]:
                    through._base_manager.create(
                        **{f"{each.m2m_field_name()}_id": row.pk, f"{each.m2m_reverse_field_name()}_id": other.pk}
                    )


def _concrete(each: Any) -> Any:
    return each.related_model._meta.concrete_model


def _row(model: Any, number: int, made: dict[Any, list[Any]], random: Random) -> Any:
    """Insert a row and return it, or return None if a row that it needs doesn't exist."""
    from django.db import models

    from generator.models import value_of

    values = {}
    for each in model._meta.fields:
        if isinstance(each, models.AutoField | models.BigAutoField) or getattr(each.remote_field, "parent_link", False):
            continue
        if each.is_relation:
            there = made.get(_concrete(each), [])
            value = random.choice(there) if there else None
            if value is None and not each.null:
                return None
            values[each.attname] = value and getattr(value, each.target_field.attname)
        elif not (each.null and random.random() < 0.5):
            values[each.name] = value_of(each, number)
    return model._base_manager.create(**values)
