"""However a run ends, no scratch database is left and no other database is changed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import django
import pytest
from conftest import URLS, Migfix
from projects import POST_MODEL, migration
from verifying import blog, failing, gone, scratch_databases, server, verified


def long_running(root: Path) -> Path:
    """A project whose second migration waits until it is killed."""
    second = migration(
        "        migrations.RunPython(wait, migrations.RunPython.noop),",
        ("blog", "0001_initial"),
        functions="""
            def wait(apps, schema_editor):
                import pathlib
                import time

                pathlib.Path("starting").write_text(schema_editor.connection.settings_dict["NAME"])
                pathlib.Path("starting").rename("waiting")
                pathlib.Path(f"waiting_on_{schema_editor.connection.vendor}").touch()
                for _ in range(600):
                    time.sleep(0.1)
        """,
    )
    return blog(root, second)


def start(project: Path, engine: str, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "migfix", "verify", "blog", "0002", "--settings", "settings"]
    process = subprocess.Popen(
        [*command, "--engine", URLS[engine], *options],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not (project / "waiting").exists():
        assert time.monotonic() < deadline, "the migration was never reached"
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    return process


def scratch_of(project: Path, engine: str) -> set[str]:
    """The scratch database of a running migration."""
    name = (project / "waiting").read_text()
    assert name in scratch_databases(engine)
    return {name}


@pytest.fixture
def server_engine(engine: str) -> str:
    if engine == "sqlite":
        pytest.skip("SQLite's scratch databases are in memory: they go with the process")
    return engine


def test_killed_in_the_middle(tmp_path: Path, server_engine: str, migfix: Migfix) -> None:
    """``kill -9`` of all processes: the next run drops what is left, but nothing in use or created by others."""
    with server(server_engine) as cursor:
        cursor.execute("CREATE DATABASE migfixscratch_of_a_person")
    try:
        process = start(long_running(tmp_path / "killed"), server_engine)
        left = scratch_of(tmp_path / "killed", server_engine)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert left & scratch_databases(server_engine)
        living = start(long_running(tmp_path / "living"), server_engine)
        in_use = scratch_of(tmp_path / "living", server_engine)
        second = migration("", ("blog", "0001_initial"))
        for _ in range(10):
            assert failing(verified(migfix, blog(tmp_path / "next", second), server_engine, "blog", "0002")) == {}
            if not left & scratch_databases(server_engine):
                break
        assert not left & scratch_databases(server_engine)
        assert in_use <= scratch_databases(server_engine)
        os.killpg(living.pid, signal.SIGINT)
        living.communicate()
        assert gone(server_engine, in_use)
        with server(server_engine) as cursor:
            cursor.execute("SELECT datname FROM pg_database" if server_engine == "postgresql" else "SHOW DATABASES")
            assert "migfixscratch_of_a_person" in {name for (name,) in cursor.fetchall()}
    finally:
        with server(server_engine) as cursor:
            cursor.execute("DROP DATABASE migfixscratch_of_a_person")


@pytest.mark.parametrize("who", ["parent", "child"])
def test_killed_alone(tmp_path: Path, server_engine: str, who: str) -> None:
    """The remaining process cleans up."""
    process = start(long_running(tmp_path), server_engine)
    mine = scratch_of(tmp_path, server_engine)
    threads = Path(f"/proc/{process.pid}/task").glob("*/children")
    child = int(next(filter(None, (each.read_text() for each in threads))).split()[0])
    os.kill(process.pid if who == "parent" else child, signal.SIGKILL)
    if who == "parent":
        process.communicate()
    else:
        out, _ = process.communicate()
        assert process.returncode == 2
        assert b"could not run: The process that runs the migrations was killed (SIGKILL)." in out
    assert gone(server_engine, mine)


def test_interrupted(tmp_path: Path, server_engine: str) -> None:
    """Ctrl-C reaches both processes, but a signal may also reach only one."""
    process = start(long_running(tmp_path), server_engine)
    mine = scratch_of(tmp_path, server_engine)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == 130
    assert b"Traceback" not in out + err
    assert gone(server_engine, mine)


@pytest.mark.skipif(os.cpu_count() == 1, reason="one trial at a time on one processor")
def test_two_interrupted(tmp_path: Path, server_engine: str) -> None:
    """Trials on two engines run side by side, and Ctrl-C ends both."""
    process = start(long_running(tmp_path), server_engine, "--engine", "sqlite")
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob("waiting_on_*"))) < 2:
        assert time.monotonic() < deadline, "they don't run side by side"
        time.sleep(0.05)
    names = {name for name in scratch_databases(server_engine) if name in (tmp_path / "waiting").read_text()}
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert b"Traceback" not in out + err
    assert gone(server_engine, names)


def test_real_database_is_not_touched(tmp_path: Path, migfix: Migfix) -> None:
    second = migration(
        '        migrations.AddField("post", "rank", models.IntegerField(null=True)),', ("blog", "0001_initial")
    )
    project = blog(tmp_path, second, POST_MODEL + "    rank = models.IntegerField(null=True)\n")
    (project / "db.sqlite3").write_bytes(b"")
    assert failing(verified(migfix, project, "sqlite", "blog", "0002")) == {}
    assert (project / "db.sqlite3").read_bytes() == b""
    default = migfix("verify", "blog", "0002", "--settings", "settings", cwd=project)
    assert default.returncode == 0, default.stdout + default.stderr
    assert (project / "db.sqlite3").read_bytes() == b""


assert django.VERSION  # tests of versions above read it in the projects
