"""Would an older release run on today's schema? Tried on a scratch database, with the models of that release.

``python -m migfix.prove.trial.older_release`` answers in a separate process: JSON in, JSON out. It is asked up to three
times: by today's code for the structure of the real database, with the older code for what its models can't do, and
where that can't be loaded, with today's code for what the models of the older migrations can't do.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any

from django.apps import apps
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.migrations.state import ProjectState
from django.db.models import Model
from django.db.utils import DatabaseError

from migfix.errors import MigfixError
from migfix.prove.planned import PlannedFinder
from migfix.prove.trial.foreign import Foreign, one_line
from migfix.prove.trial.loading import configured, set_up_project
from migfix.prove.trial.migrator import Migrator
from migfix.prove.trial.models import models_of
from migfix.prove.trial.older_code import demand_older, import_from
from migfix.prove.trial.scratch.databases import scratch_databases
from migfix.prove.trial.scratch.real_schema import RealSchema, real_schema
from migfix.prove.trial.scratch.settings import scratch_settings
from migfix.prove.trial.statements import StatementLog
from migfix.prove.trial.test_rows.rows import SyntheticRows
from migfix.prove.trial.test_rows.values import NoRow
from migfix.prove.trial.touched import Sources

Request = dict[str, Any]


def structure(request: Request) -> dict[str, object]:
    """The structure of the database, as data. Raises MigfixError."""
    configured(request["settings"])
    return asdict(real_schema(request["alias"], partial(set_up_project, request["settings"])))


def failures(request: Request) -> list[tuple[str, str]]:
    """(model, error) for each model of the older release that can't be used. Raises MigfixError."""
    alias = request["alias"]
    replaced = scratch_settings(configured(request["settings"]), None, alias)
    set_up = partial(set_up_project, request["settings"])
    with PlannedFinder({}), scratch_databases(replaced, set_up):
        set_up()
        if "tree" in request:
            demand_older(Path(request["top"]))
        connection = connections[alias]
        migrator = Migrator(connection, Sources({}), (), StatementLog(connection))
        _build(connection, migrator, request)
        found = dict.fromkeys(each for models in _models(migrator, request) for each in _tried(alias, models))
        return list(found)


def _build(connection: BaseDatabaseWrapper, migrator: Migrator, request: Request) -> None:
    """Give the scratch database today's schema: that of the real database, or that of the migrations."""
    if real := request["structure"]:
        if real["vendor"] != connection.vendor:
            raise MigfixError(f"Its database is {connection.vendor}, and the one of today is {real['vendor']}.")
        with Foreign(MigfixError) as caught:
            RealSchema(**real).build(connection)
        if caught.error is not None:
            raise MigfixError(f"The structure of {real['alias']} can't be made again: {caught.message}.")
    else:
        migrator.prepare()
        migrator.forward((app, name) for app, name in request["applied"])


def _models(migrator: Migrator, request: Request) -> Iterator[list[type[Model]]]:
    """The models of the older release: those of its code, and those of its migrations that are others."""
    if "tree" not in request:
        state = migrator.state_after((app, name) for app, name in request["kept"])
        yield models_of(state, state.models)
        return
    code, migrations = ProjectState.from_apps(apps), migrator.end_state()
    yield models_of(code, code.models)
    others = (key for key, each in migrations.models.items() if key not in code.models or code.models[key] != each)
    yield models_of(migrations, others)


def _tried(alias: str, models: list[type[Model]]) -> Iterator[tuple[str, str]]:
    synthetic = SyntheticRows(alias, 1, {})
    for model in models:
        if synthetic.is_here(model) and (error := _used(synthetic, alias, model)):
            yield model._meta.label, error


def _used(synthetic: SyntheticRows, alias: str, model: type[Model]) -> str:
    """Insert, read, change and delete a row. Returns the database's error; "" if all of it works."""
    try:
        with transaction.atomic(using=alias):
            key = synthetic.insert_kept(model)
            row = model._base_manager.using(alias).get(pk=key)
            row.save(using=alias)
            row.delete(using=alias)
            transaction.set_rollback(True, using=alias)
    except DatabaseError as error:
        return one_line(error)
    except NoRow:  # at least it can be read
        try:
            list(model._base_manager.using(alias)[:1])
        except DatabaseError as error:
            return one_line(error)
    return ""


_QUESTIONS: dict[str, Callable[[Request], object]] = {"structure": structure, "failures": failures}


def main() -> int:
    """Returns the exit code: 0 with an answer, 2 if it couldn't be tried."""
    request = json.load(sys.stdin)
    if "tree" in request:
        import_from(Path(request["tree"]), Path(request["top"]))
    sys.path.insert(0, request["root"])
    answers, sys.stdout = sys.stdout, sys.stderr
    try:
        json.dump(_QUESTIONS[request["question"]](request), answers)
    except MigfixError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
