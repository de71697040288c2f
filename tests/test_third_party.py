"""``migfix verify`` on a project of more than 40 third-party apps: nothing in it is written for migfix."""

from __future__ import annotations

import json
import os
import shutil
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
"""Its reverse is a noop, and with staff users it can't run a second time. verify correctly reports this."""


@pytest.fixture(scope="module")
def last_migrations() -> dict[tuple[str, str], str]:
    """The migrations that no other one depends on -> their files."""
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
    if engine != "postgresql" and os.environ.get("CI"):
        pytest.skip("the gate runs this project on PostgreSQL, and has 20 minutes")
    paths = [path for key, path in last_migrations.items() if key != NOT_TWICE]
    code, errors = verified(migfix, engine, *paths)
    assert {name: error for name, error in errors.items() if error} == {}
    assert code == 0
    assert {"forward", "back", "forward again", "insert", "makemigrations"} <= set(errors)


def test_one_that_cannot_run_twice(last_migrations: dict[tuple[str, str], str], engine: str, migfix: Migfix) -> None:
    """A finding in a released package, found with test rows."""
    if engine != "sqlite":
        return
    if os.environ.get("CI"):
        pytest.skip("the gate runs this project in the test above, and has 20 minutes")
    code, errors = verified(migfix, engine, last_migrations[NOT_TWICE])
    assert code == 1
    assert [name for name, error in errors.items() if error] == ["forward again"]
    assert (errors["forward again"] or "").startswith("IntegrityError: UNIQUE constraint failed: auth_user_groups")


FINDINGS: dict[str, str] = {}
"""Every finding of the MIG2 rules in released packages, and why it is right: none so far."""


def test_history_rules_find_nothing_wrong(
    last_migrations: dict[tuple[str, str], str], tmp_path: Path, migfix: Migfix
) -> None:
    """All migrations of the installed packages, including Django's own, as if they were one project."""
    import django

    place = Path(django.__file__).parents[1]
    count = 0
    for folder in sorted(place.glob("**/*migrations*")):
        if not folder.is_dir() or folder.parts[-3:-1] == ("django", "db") or "conf" in folder.parts:
            continue
        target = tmp_path / folder.relative_to(place)
        files = [path for path in folder.glob("*.py") if b"class Migration(" in path.read_bytes()]
        for path in files:
            target.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, target)
            count += 1
        if files and (folder.parent / "apps.py").exists():
            shutil.copy(folder.parent / "apps.py", target.parent)
    assert count > 500
    packages = sorted(path.name for path in tmp_path.iterdir())
    result = migfix("check", *packages, "--select", "MIG2", cwd=tmp_path)
    assert result.returncode in (0, 1), result.stderr
    found = [line for line in result.stdout.splitlines() if ": MIG2" in line]
    assert [line for line in found if line.partition(":")[0] not in FINDINGS] == []
