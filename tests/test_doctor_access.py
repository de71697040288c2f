"""``migfix doctor`` as a user who may only SELECT."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conftest import Migfix
from test_deployed_files import SETTINGS
from test_doctor import found
from test_doctor_fix import made
from test_leftovers import run_sql
from test_squash import database
from verifying import server

READER = f"migfix_reader_{os.getpid()}"


@contextmanager
def reader(engine: str, settings: dict[str, object]) -> Iterator[dict[str, object]]:
    """The settings of a user who may read every table of the database, and nothing else."""
    name = settings["NAME"]
    if engine == "sqlite":
        yield settings | {"NAME": f"file:{name}?mode=ro", "OPTIONS": {"uri": True}}
        return
    with server(engine) as cursor:
        user = READER if engine == "postgresql" else f"{READER}@'%'"
        cursor.execute(f"CREATE ROLE {user} LOGIN" if engine == "postgresql" else f"CREATE USER {user}")
        try:
            yield settings | {"USER": READER, "PASSWORD": ""}
        finally:
            if engine == "postgresql":
                cursor.execute(f"DROP DATABASE {name} WITH (FORCE)")  # it holds what the role may do
                cursor.execute(f"CREATE DATABASE {name}")
            cursor.execute(f"DROP {'ROLE' if engine == 'postgresql' else 'USER'} {user}")


def test_a_user_who_may_only_select(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    with database(each_engine, tmp_path) as settings, reader(each_engine, settings) as reading:
        root = made(tmp_path / "project", each_engine, settings)
        if each_engine != "sqlite":
            tables = "ALL TABLES IN SCHEMA public" if each_engine == "postgresql" else f"{settings['NAME']}.*"
            user = READER if each_engine == "postgresql" else f"{READER}@'%'"
            run_sql(root, f"GRANT SELECT ON {tables} TO {user}")
        as_owner = (root / "settings.py").read_text()
        as_reader = f"{SETTINGS}DATABASES = {{'default': {reading!r}}}\n"

        (root / "settings.py").write_text(as_reader)
        assert found(root, forked) == []
        (root / "settings.py").write_text(as_owner)
        run_sql(root, "ALTER TABLE blog_author DROP COLUMN note")
        (root / "settings.py").write_text(as_reader)
        assert [(each["name"], each["column"]) for each in found(root, forked)] == [("missing-column", "note")]
