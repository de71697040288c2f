"""Would an older release run on today's schema? Tried on a scratch database, with the models of that release.

``python -m migfix.prove.trial.older_release`` answers in a separate process: JSON in, JSON out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import partial
from typing import Any

from django.db import connections, transaction
from django.db.models import Model
from django.db.utils import DatabaseError

from migfix.errors import MigfixError
from migfix.prove.planned import PlannedFinder
from migfix.prove.trial.foreign import one_line
from migfix.prove.trial.loading import configured, set_up_project
from migfix.prove.trial.migrator import Migrator
from migfix.prove.trial.models import models_of
from migfix.prove.trial.scratch.databases import scratch_databases
from migfix.prove.trial.scratch.settings import scratch_settings
from migfix.prove.trial.statements import StatementLog
from migfix.prove.trial.test_rows.rows import SyntheticRows
from migfix.prove.trial.test_rows.values import NoRow
from migfix.prove.trial.touched import Sources
from migfix.source.migration import Key


def failures(request: dict[str, Any]) -> list[tuple[str, str]]:
    """(model, error) for each model of the older release that can't be used. Raises MigfixError."""
    alias = request["alias"]
    applied, kept = ([(app, name) for app, name in request[part]] for part in ("applied", "kept"))
    replaced = scratch_settings(configured(request["settings"]), None, alias)
    set_up = partial(set_up_project, request["settings"])
    with PlannedFinder({}), scratch_databases(replaced, set_up):
        set_up()
        connection = connections[alias]
        migrator = Migrator(connection, Sources({}), (), StatementLog(connection))
        migrator.prepare()
        migrator.forward(applied)
        return list(_tried(migrator, alias, kept))


def _tried(migrator: Migrator, alias: str, kept: list[Key]) -> Iterator[tuple[str, str]]:
    state = migrator.state_after(kept)
    synthetic = SyntheticRows(alias, 1, {})
    for model in models_of(state, state.models):
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


def main() -> int:
    """Returns the exit code: 0 with an answer, 2 if it couldn't be tried."""
    request = json.load(sys.stdin)
    sys.path.insert(0, request["root"])
    answers, sys.stdout = sys.stdout, sys.stderr
    try:
        json.dump(failures(request), answers)
    except MigfixError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
