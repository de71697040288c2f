"""Run the migrations of a project on a scratch database with rows: forward, back, forward. Its own process.

    python prover.py PROJECT ENGINE DATABASE CASE_TOML

Prints JSON: ``{"failed": null}``, or the step that failed and the database's error.
"""

from __future__ import annotations

import json
import os
import sys
import tomllib
from pathlib import Path
from typing import Any

import django
from django.apps import apps
from django.conf import settings
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from django.utils import timezone


class Failed(Exception):
    """A step that didn't work."""


def configure(project: Path, database: dict[str, Any], case: dict[str, Any]) -> None:
    sys.path.insert(0, str(project))
    local = sorted(path.parent.name for path in project.glob("*/migrations"))
    settings.configure(
        SECRET_KEY="x",
        INSTALLED_APPS=["django.contrib.contenttypes", "django.contrib.auth", *local],
        DATABASES={"default": database},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        AUTH_USER_MODEL=case.get("auth_user_model", "auth.User"),
        SILENCED_SYSTEM_CHECKS=["fields.W342", "models.W042"],
        USE_TZ=True,
    )
    django.setup()


def migrate(targets: list[tuple[str, str | None]]) -> None:
    MigrationExecutor(connection).migrate(targets)


def leaves() -> list[tuple[str, str | None]]:
    return list(MigrationExecutor(connection).loader.graph.leaf_nodes())


def schema() -> dict[str, Any]:
    """Tables with their columns and constraints, as the database tells them."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            if table == "django_migrations":
                continue
            columns = [
                (column.name, column.null_ok, str(column.type_code))
                for column in connection.introspection.get_table_description(cursor, table)
            ]
            constraints = connection.introspection.get_constraints(cursor, table)
            found[table] = (
                sorted(columns),
                sorted((name, repr(sorted(each.items(), key=str))) for name, each in constraints.items()),
            )
    return found


def different(new: dict[str, Any], old: dict[str, Any]) -> str:
    return "; ".join(
        f"{table}: {old.get(table)} became {new.get(table)}"
        for table in {*new, *old}
        if new.get(table) != old.get(table)
    )


def rows() -> dict[str, list[Any]]:
    with connection.cursor() as cursor:
        found = {}
        for table in sorted(connection.introspection.table_names(cursor)):
            if not table.startswith(("django_", "auth_")):
                names = sorted(column.name for column in connection.introspection.get_table_description(cursor, table))
                quoted = ", ".join(map(connection.ops.quote_name, names))
                cursor.execute(f"SELECT {quoted} FROM {connection.ops.quote_name(table)}")
                found[table] = sorted(map(repr, cursor.fetchall()))
        return found


def step(name: str, function: Any) -> None:
    try:
        function()
    except Exception as error:  # the prover reports whatever the migration raises
        raise Failed(f"{name}: {type(error).__name__}: {error}") from error


def insert(values: dict[str, dict[str, Any]]) -> None:
    """One ordinary insert in each model, required foreign keys and moments filled."""
    state = MigrationExecutor(connection).loader.project_state().apps
    for label, given in values.items():
        model = state.get_model(label)
        with transaction.atomic():
            model._base_manager.create(
                **{name: timezone.now() if value == "now" else value for name, value in given.items()}
            )


def prove(case: dict[str, Any]) -> None:
    database = case.get("db", {})
    start: list[tuple[str, str | None]] = list(database.get("start", {}).items())
    local = sorted(path.parent.name for path in Path(sys.argv[1]).glob("*/migrations"))
    step("to the state before", lambda: migrate([*(leaf for leaf in leaves() if leaf[0] not in local), *start]))
    with connection.cursor() as cursor:
        for line in database.get("rows", []):
            cursor.execute(line)
    before, data = schema(), rows()
    step("forward", lambda: migrate(leaves()))
    forward = schema()
    back = [*start, *((app, None) for app in local if app not in dict(start))]
    step("back", lambda: migrate(back))
    if schema() != before:
        raise Failed(f"back: the schema is another one: {different(schema(), before)}")
    if database.get("compare", True) and rows() != data:
        raise Failed("back: the rows are others")
    step("forward again", lambda: migrate(leaves()))
    if schema() != forward:
        raise Failed(f"forward again: the schema is another one: {different(schema(), forward)}")
    step("insert", lambda: insert(database.get("insert", {})))
    if any(
        (Path(config.path) / "models.py").exists()
        for config in apps.get_app_configs()
        if not config.name.startswith("django.")
    ):
        step("makemigrations --check", lambda: call_command("makemigrations", check=True, dry_run=True, verbosity=0))


def main() -> None:
    project, engine, name, config = Path(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
    case = tomllib.loads(Path(config).read_text())
    database = json.loads(os.environ["MIGFIX_TEST_DATABASE"])
    configure(project, database | {"NAME": ":memory:" if engine == "sqlite" else name, "TEST": {"NAME": name}}, case)
    failed = None
    with scratch(engine, name):
        try:
            prove(case)
        except Failed as error:
            failed = str(error)
        except SystemExit:
            failed = "makemigrations --check: changes are left"
    json.dump({"failed": failed}, sys.stdout)


class scratch:
    """A database that is there inside the block only."""

    def __init__(self, engine: str, name: str) -> None:
        self.engine, self.name = engine, name

    def _execute(self, sql: str) -> None:
        with connection._nodb_cursor() as cursor:
            cursor.execute(sql)

    def __enter__(self) -> None:
        if self.engine != "sqlite":
            self._execute(f"DROP DATABASE IF EXISTS {self.name}")
            self._execute(f"CREATE DATABASE {self.name}")

    def __exit__(self, *error: object) -> None:
        connection.close()
        if self.engine != "sqlite":
            self._execute(f"DROP DATABASE {self.name}")


if __name__ == "__main__":
    main()
