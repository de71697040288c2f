"""Literal defaults of the wrong type: what Django and the databases refuse, and what migfix says of it."""

from __future__ import annotations

import json
from pathlib import Path

from conftest import Migfix
from projects import POST, migration, write_project
from test_deployed_files import SETTINGS
from test_leftovers import run_sql
from test_squash import database, django_admin

FIELDS = {
    "DateTimeField": ("1", "''", "'01.02.2020'", "'2020-02-01'", "'2020-02-01 10:00'", "True"),
    "DateField": ("1", "''", "'01.02.2020'", "'2020-02-01'"),
    "TimeField": ("1", "''", "'10:30'"),
    "IntegerField": ("''", "'none'", "'7'", "1.5", "True"),
    "PositiveIntegerField": ("''", "7"),
    "FloatField": ("''", "'x'", "'1.5'", "1"),
    "BooleanField": ("''", "'yes'", "'True'", "1", "0", "2"),
    "UUIDField": ("''", "'x'", "'0b7f7e4e-8f5b-4d7c-9a5e-3f2d6c1b0a99'"),
    "DurationField": ("5", "''"),
    "GenericIPAddressField": ("''", "'here'", "'127.0.0.1'"),
    "BinaryField": ("''", "1", "b''", "b'x'"),
    "TextField": ("1", "''", "True"),
    "JSONField": ("1", "''", "True"),
}
HERE = "models.GenericIPAddressField(default='here')"
OF_MYSQL = {HERE, "models.BinaryField(default=1)", "models.GenericIPAddressField(default='')"}
TAKEN = {"sqlite": {HERE}, "mysql": OF_MYSQL, "mariadb": OF_MYSQL}
"""What one engine takes and others don't."""
DECIMALS = ("''", "'x'", "'1.5'", "1.5", "1")
ADDED = """
import json
from django.db import connection, migrations, models
from django.db.migrations.state import ProjectState
from django.db.migrations.loader import MigrationLoader
state = MigrationLoader(connection).project_state()
found = []
for code in {fields!r}:
    operation = migrations.AddField("post", "new", eval(code, {{"models": models}}))
    after = state.clone()
    operation.state_forwards("blog", after)
    try:
        with connection.schema_editor() as editor:
            operation.database_forwards("blog", editor, state, after)
    except Exception:
        found.append(True)
    else:
        found.append(False)
        with connection.schema_editor() as editor:
            operation.database_backwards("blog", editor, after, state)
print(json.dumps(found))
"""


def codes() -> list[str]:
    plain = [f"models.{kind}(default={value})" for kind, values in FIELDS.items() for value in values]
    return plain + [f"models.DecimalField(max_digits=5, decimal_places=2, default={value})" for value in DECIMALS]


def test_defaults_of_another_type(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    """migfix refuses exactly the defaults with which an AddField fails."""
    with database(each_engine, tmp_path) as settings:
        root = write_project(tmp_path / "project", {"blog/migrations/0001_initial.py": migration(POST)})
        (root / "settings.py").write_text(f"{SETTINGS}DATABASES = {{'default': {settings!r}}}\n")
        assert django_admin(root, "migrate").returncode == 0
        run_sql(root, "INSERT INTO blog_post (title) VALUES ('a')")
        done = django_admin(root, "shell", "-v", "0", "-c", ADDED.format(fields=codes()))
        assert done.returncode == 0, done.stderr
        failing = json.loads(done.stdout.splitlines()[-1])
    operations = "".join(f'migrations.AddField("post", "new{place}", {code}),\n' for place, code in enumerate(codes()))
    text = migration(operations, ("blog", "0001_initial"))
    (root / "blog/migrations/0002_new.py").write_text(text)
    found = json.loads(forked("check", "blog/migrations/0002_new.py", "--output-format", "json", cwd=root).stdout)[
        "findings"
    ]
    lines = {each["line"] for each in found if each["code"] == "MIG112" and "the migration fails" in each["why"]}
    first = text.splitlines().index(operations.splitlines()[0]) + 1
    refused = {code for place, code in enumerate(codes()) if first + place in lines}
    fails = {code for code, is_failing in zip(codes(), failing, strict=True) if is_failing}
    assert fails - refused == set()
    assert refused - fails == TAKEN.get(each_engine, set[str]())
