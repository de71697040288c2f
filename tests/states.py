"""Every state that a database can be in when a squashed migration is added; run as a script by test_squash.py.

Reads from stdin the project, its settings, and two sets of its migrations: ``plain`` without the squashed ones and
``squashed`` with them. For each number of plain migrations, from zero to all, applies them to an empty database, adds
rows, puts the squashed files in place and migrates. Prints a line for each state: the error, or the schema and rows.
"""

from __future__ import annotations

import importlib
import io
import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import django
from django.conf import settings
from django.core.management import call_command
from django.db import IntegrityError, connection
from django.db.migrations.loader import MigrationLoader


def put(root: Path, files: dict[str, str]) -> None:
    """Replace the migrations on disk with these files, and unload the ones that Python has imported."""
    for path in root.glob("*/migrations/[0-9]*.py"):
        path.unlink()
    for name, text in files.items():
        (root / name).write_text(text)
    for name in [name for name in sys.modules if ".migrations" in name and not name.startswith("django.")]:
        del sys.modules[name]
    importlib.invalidate_caches()


def run(*arguments: str, **options: Any) -> str:
    out = io.StringIO()
    call_command(*arguments, stdout=out, stderr=out, **options)
    return out.getvalue()


def plan() -> list[tuple[str, str]]:
    loader = MigrationLoader(connection, ignore_no_migrations=True)
    found: dict[tuple[str, str], None] = {}
    for leaf in sorted(loader.graph.leaf_nodes()):
        found.update(dict.fromkeys(loader.graph.forwards_plan(leaf)))
    return [key for key in found if key[0] not in ("contenttypes", "auth")]


def schema() -> dict[str, Any]:
    """Each table's columns and constraints. The names of constraints and the order of columns don't count."""
    found = {}
    with connection.cursor() as cursor:
        for table in sorted(connection.introspection.table_names(cursor)):
            columns = connection.introspection.get_table_description(cursor, table)
            constraints = connection.introspection.get_constraints(cursor, table)
            found[table] = [
                sorted(
                    [each.name, str(connection.introspection.get_field_type(each.type_code, each)), each.null_ok]
                    for each in columns
                ),
                sorted(
                    str([each["columns"], each["primary_key"], each["unique"], each["foreign_key"], each["index"]])
                    for each in constraints.values()
                ),
            ]
    return found


def add_rows(rows: list[str], state: int) -> None:
    """Insert every row whose table and columns already exist."""
    for statement in rows:
        table = statement.split()[2]
        columns = statement[statement.index("(") + 1 : statement.index(")")].split(", ")
        with connection.cursor() as cursor:
            if table not in connection.introspection.table_names(cursor):
                continue
            there = [each.name for each in connection.introspection.get_table_description(cursor, table)]
            if set(columns) <= set(there):
                with suppress(IntegrityError):
                    cursor.execute(statement)


def content(table: str) -> list[dict[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {table} ORDER BY id")
        names = [each[0] for each in cursor.description]
        return [dict(zip(names, map(str, row), strict=True)) for row in cursor.fetchall()]


def counted(tables: list[str]) -> dict[str, int]:
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table}")
            found[table] = cursor.fetchone()[0]
    return found


def main() -> None:
    request = json.load(sys.stdin)
    root = Path(request["root"])
    sys.path.insert(0, str(root))
    settings.configure(**request["settings"])
    django.setup()
    put(root, request["plain"])
    states = plan()
    for count in range(len(states) + 1):
        _fresh()
        put(root, request["plain"])
        for app, migration in states[:count]:
            run("migrate", app, migration, verbosity=0)
        add_rows(request["rows"], count)
        tables = [table for table in schema() if not table.startswith(("django_", "auth_", "sqlite_"))]
        before = counted(tables)
        put(root, request["squashed"])
        try:
            run("showmigrations")
            run("migrate", plan=True)
            run("migrate", verbosity=0)
            after = counted(tables)
            assert after == before, (before, after)
            assert "No planned migration operations." in run("migrate", plan=True)
            assert "[ ]" not in run("showmigrations"), run("showmigrations")
            answer: dict[str, Any] = {"schema": schema(), "rows": content(request["rows"][0].split()[2])}
        except Exception as error:
            answer = {"error": f"{type(error).__name__}: {error}"}
        sys.stdout.write(json.dumps({"state": count, **answer}) + "\n")


def _fresh() -> None:
    """Empty the database: drop every table, including Django's own."""
    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        if connection.vendor == "mysql":
            cursor.execute("SET FOREIGN_KEY_CHECKS = 0")
        for table in tables:
            cascade = " CASCADE" if connection.vendor == "postgresql" else ""
            cursor.execute(f"DROP TABLE {connection.ops.quote_name(table)}{cascade}")
        if connection.vendor == "mysql":
            cursor.execute("SET FOREIGN_KEY_CHECKS = 1")


if __name__ == "__main__":
    main()
