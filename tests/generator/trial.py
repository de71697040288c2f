"""What migrations do to a database: run in a fork, which answers with what it saw."""

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
    """What ``work`` returns in a process of its own."""
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

    warnings.simplefilter("ignore")
    os.chdir(root)
    sys.path.insert(0, str(root))
    sys.dont_write_bytecode = True
    settings.configure(
        INSTALLED_APPS=["blog", "shop", "crm"],
        DATABASES={"default": database},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        USE_TZ=True,
    )
    django.setup()


def run(root: Path, database: dict[str, Any], new: list[str], has_rows: bool, seed: int) -> Answer:
    """Forward over the second release, back, forward again: each step's error, and the rows after it."""
    set_up(root, database)
    from django.db import connection
    from django.db.migrations.executor import MigrationExecutor

    executor = MigrationExecutor(connection)
    leaves = executor.loader.graph.leaf_nodes()
    nodes = executor.loader.graph.nodes
    first = [key for key in nodes if f"{key[0]}/migrations/{key[1]}.py" not in new and nodes[key].initial]
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
    return found


def _rows(connection: Any) -> Answer:
    """Every table: rows as column -> text."""
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
    """One to three rows for each model, those that others point at first."""
    from django.db import models

    from generator.models import value_of

    made: dict[Any, list[Any]] = {}
    waiting = list(apps.get_models())
    for _ in range(len(waiting) ** 2 + 1):
        if not waiting:
            break
        model = waiting.pop(0)
        keys = [each for each in model._meta.local_fields if each.is_relation]
        if any(each.related_model not in made and not each.null for each in keys):
            waiting.append(model)
            continue
        made[model] = []
        for number in range(1, random.choice([0, 2, 3, 3]) + 1):
            values = {}
            for each in model._meta.local_fields:
                if isinstance(each, models.AutoField | models.BigAutoField):
                    continue
                if each.is_relation:
                    there = made.get(each.related_model, [])
                    values[each.name] = random.choice(there) if there else None
                elif not (each.null and random.random() < 0.5):
                    values[each.name] = value_of(each, number)
            if any(values.get(each.name) is None and not each.null for each in keys):
                break
            made[model].append(model._base_manager.create(**values))
