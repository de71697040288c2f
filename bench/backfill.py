"""Measure the functions that fill rows: ``python bench/backfill.py CASE ENGINE_URL [ROWS]``.

The project of a fixture is rewritten and migrated on an empty database of that name, ``migfix_bench``, with ROWS rows
in its table. Prints the rows per second of the function, those of ``for row in rows: row.save()``, and the memory that
the function adds.
"""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any, NamedTuple

import dj_database_url
import django
from django.apps.registry import Apps
from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor
from measure import MIGFIX

FIXTURES = Path(__file__).parents[1] / "fixtures"
SAVED = 5_000
"""The rows that are saved one by one."""
CASES = {
    "MIG102, `uuid.uuid4`": "fill_unique_field/uuid",
    "MIG102, a function of the project": "fill_unique_field/own_callable",
    "MIG103, one value": "backfill_before_not_null/text",
    "MIG103, a function of the project": "backfill_before_not_null/callable_default",
}
URLS = {
    "SQLite": "sqlite:///migfix_bench.sqlite3",
    "PostgreSQL": os.environ.get("MIGFIX_BENCH_POSTGRESQL", "postgres://root@127.0.0.1:5432/migfix_bench"),
    "MariaDB": os.environ.get("MIGFIX_BENCH_MARIADB", "mysql://root@127.0.0.1:3306/migfix_bench"),
    "MySQL": os.environ.get("MIGFIX_BENCH_MYSQL", "mysql://root@127.0.0.1:3307/migfix_bench"),
}


class Speed(NamedTuple):
    """Rows per second, and megabytes."""

    filled: float
    saved: float
    megabytes: float


def measure(case: str, url: str, rows: int) -> Speed:
    """Measure in a process of its own."""
    command = [sys.executable, __file__, case, url, str(rows)]
    return Speed(*map(float, subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()))


def main(case: str, url: str, rows: int) -> Speed:
    """Rewrite the project of a fixture, and time its function."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        shutil.copytree(FIXTURES / case / "before", project)
        models = max((FIXTURES / case / "models").iterdir())
        shutil.copy(models / "blog.py", project / "blog" / "models.py")
        subprocess.run([MIGFIX, "apply", "--force", "blog"], cwd=project, check=True, stdout=subprocess.DEVNULL)
        os.chdir(project)
        sys.path.insert(0, str(project))
        settings.configure(
            INSTALLED_APPS=["blog"],
            DATABASES={"default": dj_database_url.parse(url)},
            DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
            USE_TZ=True,
        )
        django.setup()
        _create_database()
        return _timed(rows)


def _create_database() -> None:
    """Replace the database with an empty one."""
    name = connection.settings_dict["NAME"]
    if connection.vendor == "sqlite":
        return
    connection.settings_dict["NAME"] = "postgres" if connection.vendor == "postgresql" else ""
    with connection._nodb_cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name}")
    connection.settings_dict["NAME"] = name


def _timed(rows: int) -> Speed:
    executor = MigrationExecutor(connection)
    last = executor.loader.graph.leaf_nodes("blog")[0]
    first = ("blog", "0001_initial")
    state = executor.migrate([first])
    _insert(state.apps, rows)
    migration = executor.loader.graph.nodes[last]
    step = next(index for index, each in enumerate(migration.operations) if type(each).__name__ == "RunPython")
    with connection.schema_editor() as editor:
        for op in migration.operations[:step]:
            before = state.clone()
            op.state_forwards("blog", state)
            op.database_forwards("blog", editor, before, state)
    fill = migration.operations[step].code
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start = time.perf_counter()
    with transaction.atomic():
        fill(state.apps, connection.schema_editor())
    filled = rows / (time.perf_counter() - start)
    more = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - used
    return Speed(filled, _saved_one_by_one(state.apps, fill.__name__, migration), more / 1024)


def _insert(apps: Apps, rows: int) -> None:
    """Insert rows in batches, so that the memory measured afterwards is that of the function."""
    Post: Any = apps.get_model("blog", "Post")
    for start in range(0, rows, 5_000):
        Post.objects.bulk_create(Post(title=f"Title {each}") for each in range(start, min(start + 5_000, rows)))


def _saved_one_by_one(apps: Apps, name: str, migration: Any) -> float:
    Post: Any = apps.get_model("blog", "Post")
    field = name.removeprefix("fill_post_")
    default = migration.operations[-1].field
    posts = list(Post.objects.order_by("-pk")[:SAVED])
    start = time.perf_counter()
    with transaction.atomic():
        for post in posts:
            setattr(post, field, default.get_default() or "-")
            post.save()
    return len(posts) / (time.perf_counter() - start)


if __name__ == "__main__":
    given = sys.argv[1:]
    print(*main(given[0], given[1], int(given[2]) if len(given) > 2 else 100_000))
