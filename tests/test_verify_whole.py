"""``migfix verify`` with code out of control: the result is one line, and no scratch database is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
from conftest import ENGINES, URLS, Migfix, demand
from projects import SETTINGS, migration
from verifying import blog, gone

RUN = "migrations.RunPython(run, migrations.RunPython.noop),"
NAMES = 'Path("names").write_text(schema_editor.connection.settings_dict["NAME"])'
HEAD = f"""
import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from django.db import connection


def run(apps, schema_editor):
    {NAMES}
    """
POOL = """Post = apps.get_model("blog", "Post")

    def count(_):
        return Post.objects.using(schema_editor.connection.alias).count()

    executor = ThreadPoolExecutor(4)  # whose threads keep their connections
    assert list(executor.map(count, range(8)))"""


@pytest.fixture(params=[each for each in ENGINES if each != "sqlite"])
def server_engine(request: pytest.FixtureRequest) -> str:
    """Each server engine. SQLite's scratch databases are in memory and end with the process."""
    name: str = request.param
    demand(name)
    return name


def project(root: Path, code: str) -> Path:
    return blog(root, migration(RUN, ("blog", "0001_initial"), functions=HEAD + code))


def left(root: Path, engine: str) -> bool:
    """Whether the scratch database of the migration still exists."""
    return not gone(engine, {(root / "names").read_text()})


def run(root: Path, engine: str, *options: str, seconds: float = 60) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "migfix", "verify", "blog", "0002", "--settings", "settings", *options]
    return subprocess.run(
        [*command, "--engine", URLS[engine]], cwd=root, capture_output=True, text=True, check=False, timeout=seconds
    )


def test_threads_keep_connections(tmp_path: Path, server_engine: str) -> None:
    result = run(project(tmp_path, POOL), server_engine)
    assert result.returncode == 0, result.stdout + result.stderr
    assert not left(tmp_path, server_engine)


def test_a_thread_that_never_ends(tmp_path: Path, engine: str) -> None:
    result = run(project(tmp_path, "threading.Thread(target=time.sleep, args=[600]).start()"), engine)
    assert result.returncode == 0, result.stdout + result.stderr


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("os._exit(3)", "The process that runs the migrations ended early, with exit code 3"),
        (
            "os.kill(os.getpid(), signal.SIGHUP)\n    time.sleep(600)",
            "The process that runs the migrations was interrupted.",
        ),
        ("os.kill(os.getpid(), signal.SIGSEGV)", "The process that runs the migrations was killed (SIGSEGV)."),
    ],
    ids=["leaves Python", "hangs up", "crashes"],
)
def test_process_that_ends_early(code: str, said: str, tmp_path: Path, server_engine: str) -> None:
    result = run(project(tmp_path, code), server_engine)
    assert result.returncode == 2, result.stdout + result.stderr
    assert said in result.stdout
    assert "Traceback" not in result.stdout + result.stderr
    assert not left(tmp_path, server_engine)


LOST = """alias = schema_editor.connection
    killer = type(alias)({**alias.settings_dict, "NAME": None if alias.vendor == "mysql" else "postgres"}, "killer")
    with killer.cursor() as cursor:
        if alias.vendor == "mysql":
            cursor.execute("SELECT id FROM information_schema.processlist WHERE db = %s", [alias.settings_dict["NAME"]])
            for (session,) in cursor.fetchall():
                cursor.execute(f"KILL {session}")
        else:
            name = alias.settings_dict["NAME"]
            cursor.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
    with alias.cursor() as cursor:
        cursor.execute("SELECT 1")"""


def test_a_lost_server_connection(tmp_path: Path, server_engine: str) -> None:
    result = run(project(tmp_path, LOST), server_engine)
    assert result.returncode in (1, 2), result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    assert not left(tmp_path, server_engine)


SLEEP = {"postgresql": "SELECT pg_sleep(120)", "mariadb": "SELECT SLEEP(120)", "mysql": "SELECT SLEEP(120)"}


def asleep(root: Path, engine: str) -> Path:
    return project(root, f"connection.cursor().execute({SLEEP[engine]!r})")


def test_a_time_limit(tmp_path: Path, server_engine: str) -> None:
    result = run(asleep(tmp_path, server_engine), server_engine, "--time-limit", "6")
    assert result.returncode == 2, result.stdout + result.stderr
    assert "could not run: It took more than 6 seconds (--time-limit)." in result.stdout
    assert not left(tmp_path, server_engine)


def test_ctrl_c_in_a_long_statement(tmp_path: Path, server_engine: str) -> None:
    command = [sys.executable, "-m", "migfix", "verify", "blog", "0002", "--settings", "settings"]
    with subprocess.Popen(
        [*command, "--engine", URLS[server_engine]],
        cwd=asleep(tmp_path, server_engine),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    ) as process:
        while not (tmp_path / "names").exists():
            time.sleep(0.1)
        time.sleep(1)
        os.killpg(process.pid, signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 130, said
    assert b"Traceback" not in said
    assert not left(tmp_path, server_engine)


def test_a_pool(tmp_path: Path, migfix: Migfix) -> None:
    """This works without psycopg_pool too, because a scratch database needs no pool. Pools are for PostgreSQL only."""
    demand("postgresql")
    database = ENGINES["postgresql"] | {"NAME": "nowhere", "OPTIONS": {"pool": True}}
    root = project(tmp_path, "pass")
    (root / "settings.py").write_text(_settings(database))
    result = migfix("verify", "blog", "0002", "--settings", "settings", cwd=root)
    assert result.returncode == 0, result.stdout + result.stderr
    assert not left(tmp_path, "postgresql")


WAYS_OUT = [
    "USE {}",
    "  use `{}`",
    "/* a */ USE {}",
    "UPDATE {}.blog_post SET title = 'x'",
    "DELETE FROM `{}`.`blog_post`",
    "DROP TABLE IF EXISTS a, {}.blog_post",
    "DROP DATABASE {}",
    "/*!40000 USE {} */",
]


@pytest.mark.parametrize("statement", WAYS_OUT)
@pytest.mark.parametrize("how", ["RunPython", "RunSQL"])
def test_the_configured_database_is_out_of_reach(how: str, statement: str, tmp_path: Path, migfix: Migfix) -> None:
    """This matters in MySQL and MariaDB. A PostgreSQL session can't leave its database."""
    demand("mariadb")
    if how == "RunSQL" and statement.startswith("/*!"):
        pytest.skip("Django takes the comment out before it runs what is left")
    name = f"migfixtest_of_a_person_{os.getpid()}"
    sql = statement.format(name)
    run_sql = migration(f"migrations.RunSQL({sql!r}, migrations.RunSQL.noop),", ("blog", "0001_initial"))
    root = blog(tmp_path, run_sql) if how == "RunSQL" else project(tmp_path, f"connection.cursor().execute({sql!r})")
    database = ENGINES["mariadb"] | {"NAME": name, "OPTIONS": {"init_command": f"USE {name}"}}
    (root / "settings.py").write_text(_settings(database))
    result = migfix("verify", "blog", "0002", "--settings", "settings", cwd=root)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "this statement leaves the scratch database, so migfix didn't run it" in result.stdout


def test_sql_that_only_seems_to_leave_the_database(tmp_path: Path, migfix: Migfix) -> None:
    """In strings and comments, and if the configured database has the name of a table."""
    demand("mariadb")
    statements = [
        "UPDATE blog_post SET title = 'Please; use the new one' -- USE blog_post.x",
        "UPDATE blog_post p JOIN blog_post ON blog_post.id = p.id SET p.title = 'x'",
    ]
    sql = migration(f"migrations.RunSQL({statements!r}, migrations.RunSQL.noop),", ("blog", "0001_initial"))
    root = blog(tmp_path, sql)
    (root / "settings.py").write_text(_settings(ENGINES["mariadb"] | {"NAME": "blog_post"}))
    result = migfix("verify", "blog", "0002", "--settings", "settings", cwd=root)
    assert "leaves the scratch database" not in result.stdout
    assert "✓" in result.stdout.split("forward")[1].splitlines()[0], result.stdout + result.stderr


def test_sqlite_attaches_nothing(tmp_path: Path, migfix: Migfix) -> None:
    root = project(tmp_path, "schema_editor.execute(\"ATTACH DATABASE 'db.sqlite3' AS real\")")
    result = migfix("verify", "blog", "0002", "--settings", "settings", cwd=root)
    assert result.returncode == 1
    assert "this statement leaves the scratch database" in result.stdout
    assert not (root / "db.sqlite3").exists()


def _settings(database: Mapping[str, object]) -> str:
    plain = 'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}'
    assert plain in SETTINGS
    return SETTINGS.replace(plain, f'DATABASES = {{"default": {database!r}}}')
