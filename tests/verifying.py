"""``migfix verify`` as a user runs it, and direct access to the database servers."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from conftest import ENGINES, URLS, Migfix
from projects import POST, POST_MODEL, migration, write_project

PREFIX = "migfix_scratch_"


def verified(migfix: Migfix, project: Path, engine: str, *arguments: str) -> dict[str, Any]:
    """The only trial of a run, with its steps by name."""
    result = migfix("verify", *arguments, "--settings", "settings", "--engine", URLS[engine], "--json", cwd=project)
    assert result.stdout, result.stderr
    proof = json.loads(result.stdout)
    trial: dict[str, Any]
    (trial,) = proof["trials"]
    assert trial["could_not_run"] is None, trial["could_not_run"]
    assert result.returncode == (0 if proof["passed"] else 1)
    return trial | {"steps": {step["name"]: step for step in trial["steps"]}}


def failing(trial: dict[str, Any]) -> dict[str, str]:
    return {name: step["error"] for name, step in trial["steps"].items() if step["outcome"] == "failed"}


@contextmanager
def server(engine: str) -> Iterator[Any]:
    """A cursor on the server of an engine, without Django."""
    where = ENGINES[engine]
    if engine == "postgresql":
        import psycopg

        with psycopg.connect(
            host=where["HOST"],
            port=where["PORT"],
            user=where["USER"],
            password=where["PASSWORD"] or None,
            dbname="postgres",
            autocommit=True,
        ) as connection:
            yield connection.cursor()
    else:
        import MySQLdb

        mariadb = MySQLdb.connect(
            host=where["HOST"], port=int(where["PORT"]), user=where["USER"], password=where["PASSWORD"]
        )
        yield mariadb.cursor()
        mariadb.close()  # type: ignore[no-untyped-call]


def scratch_databases(engine: str) -> set[str]:
    with server(engine) as cursor:
        cursor.execute("SELECT datname FROM pg_database" if engine == "postgresql" else "SHOW DATABASES")
        return {name for (name,) in cursor.fetchall() if name.startswith(PREFIX)}


def blog(root: Path, second: str, models: str = POST_MODEL, **more: str) -> Path:
    files = {
        "blog/models.py": models,
        "blog/migrations/0001_initial.py": migration(POST, attributes="initial = True"),
        "blog/migrations/0002_next.py": second,
    }
    return write_project(root, files | more)


def gone(engine: str, names: set[str]) -> bool:
    deadline = time.monotonic() + 15
    while scratch_databases(engine) & names:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True
