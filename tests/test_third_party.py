"""``migfix verify`` on a project of more than 40 apps that other people wrote: nothing here is made for migfix."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import URLS, Migfix

HERE = Path(__file__).parent
LAST = """
import os, sys, json, django
django.setup()
from django.db.migrations.loader import MigrationLoader
loader = MigrationLoader(None)
graph = loader.graph
apps = sorted(loader.migrated_apps)
last = sorted(key for key in graph.leaf_nodes() if not graph.node_map[key].children)
print(json.dumps([apps, [(key, sys.modules[type(graph.nodes[key]).__module__].__file__) for key in last]]))
"""
NOT_TWICE = ("customer", "0008_assign_permissions_to_staff")
"""Its reverse is a noop, and where there are staff it can't run a second time: verify says so, and it is right."""


@pytest.fixture(scope="module")
def last_migrations() -> dict[tuple[str, str], str]:
    """The migrations that no other one waits for -> their files."""
    try:
        for package in ("wagtail", "oscar", "allauth", "axes", "guardian", "waffle", "reversion", "django_otp"):
            __import__(package)
    except ImportError as error:
        if os.environ.get("CI") and not os.environ.get("MIGFIX_SQLITE_ONLY"):
            raise
        pytest.skip(f"third-party packages are missing: {error}; pip install -e '.[packages]'")
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "third_party.settings", "PYTHONPATH": str(HERE)}
    result = subprocess.run([sys.executable, "-c", LAST], env=environment, capture_output=True, text=True, check=True)
    apps, last = json.loads(result.stdout)
    assert len(apps) >= 40
    return {tuple(key): path for key, path in last}


def verified(migfix: Migfix, engine: str, *paths: str) -> tuple[int, dict[str, str | None]]:
    result = migfix(
        "verify", *paths, "--settings", "third_party.settings", "--engine", URLS[engine], "--json", cwd=HERE
    )
    assert result.stdout, result.stderr
    (trial,) = json.loads(result.stdout)["trials"]
    assert trial["could_not_run"] is None, trial["could_not_run"]
    return result.returncode, {step["name"]: step["error"] for step in trial["steps"]}


def test_last_migrations_of_all(last_migrations: dict[tuple[str, str], str], engine: str, migfix: Migfix) -> None:
    if engine == "sqlite" and os.environ.get("CI"):
        pytest.skip("the gate runs this project on SQLite in the test below, and has 20 minutes")
    paths = [path for key, path in last_migrations.items() if key != NOT_TWICE]
    code, errors = verified(migfix, engine, *paths)
    assert {name: error for name, error in errors.items() if error} == {}
    assert code == 0
    assert {"forward", "back", "forward again", "insert", "makemigrations"} <= set(errors)


def test_one_that_cannot_run_twice(last_migrations: dict[tuple[str, str], str], engine: str, migfix: Migfix) -> None:
    """A finding in a released package, made in synthetic rows."""
    if engine != "sqlite":
        return
    code, errors = verified(migfix, engine, last_migrations[NOT_TWICE])
    assert code == 1
    assert [name for name, error in errors.items() if error] == ["forward again"]
    assert (errors["forward again"] or "").startswith("IntegrityError: UNIQUE constraint failed: auth_user_groups")
