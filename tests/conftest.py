"""Shared by all tests: the command line as a function, and the available database engines."""

from __future__ import annotations

import compileall
import importlib
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from browser import why_no_browser

from migfix.planning.registry import all_rules

Migfix = Callable[..., "subprocess.CompletedProcess[str]"]

ENGINES = {
    "sqlite": {"ENGINE": "django.db.backends.sqlite3"},
    "postgresql": {
        "ENGINE": "django.db.backends.postgresql",
        "HOST": os.environ.get("MIGFIX_POSTGRESQL_HOST", "127.0.0.1"),
        "PORT": os.environ.get("MIGFIX_POSTGRESQL_PORT", "5432"),
        "USER": os.environ.get("MIGFIX_POSTGRESQL_USER", "root"),
        "PASSWORD": os.environ.get("MIGFIX_POSTGRESQL_PASSWORD", ""),
    },
    "mariadb": {
        "ENGINE": "django.db.backends.mysql",
        "HOST": os.environ.get("MIGFIX_MARIADB_HOST", "127.0.0.1"),
        "PORT": os.environ.get("MIGFIX_MARIADB_PORT", "3306"),
        "USER": os.environ.get("MIGFIX_MARIADB_USER", "root"),
        "PASSWORD": os.environ.get("MIGFIX_MARIADB_PASSWORD", ""),
    },
    "mysql": {
        "ENGINE": "django.db.backends.mysql",
        "HOST": os.environ.get("MIGFIX_MYSQL_HOST", "127.0.0.1"),
        "PORT": os.environ.get("MIGFIX_MYSQL_PORT", "3307"),
        "USER": os.environ.get("MIGFIX_MYSQL_USER", "root"),
        "PASSWORD": os.environ.get("MIGFIX_MYSQL_PASSWORD", ""),
    },
}
"""MySQL itself has a port of its own, beside MariaDB. `.ci/mysql` starts one."""

URLS = {"sqlite": "sqlite"} | {
    name: "{}://{USER}{}{PASSWORD}@{HOST}:{PORT}".format(name, ":" if each["PASSWORD"] else "", **each)
    for name, each in ENGINES.items()
    if "HOST" in each
}
"""The values for --engine, by engine."""


def why_not(engine: str) -> str | None:
    """Why an engine can't be tested here, or None if it can."""
    settings = ENGINES[engine]
    if engine == "sqlite":
        return None
    try:
        __import__("psycopg" if engine == "postgresql" else "MySQLdb")
    except ImportError as error:
        return f"its client library is missing ({error})"
    try:
        socket.create_connection((settings["HOST"], int(settings["PORT"])), 2).close()
    except OSError as error:
        return f"no server answers at {settings['HOST']}:{settings['PORT']} ({error})"
    return None


MISSING = {engine: reason for engine in ENGINES if (reason := why_not(engine))}
MAY_BE_MISSING = {"mysql"}
"""Where the gate runs, too: Debian has it in unstable alone. The summary says so."""


IS_SERVERS_LEG = bool(os.environ.get("CI")) and not os.environ.get("MIGFIX_SQLITE_ONLY")


def demand(name: str) -> None:
    """If an engine isn't available, fail in CI; elsewhere skip the test, with a warning at the end of the run."""
    if name in MISSING:
        if IS_SERVERS_LEG and name not in MAY_BE_MISSING:
            pytest.fail(f"{name} must answer in CI, but {MISSING[name]}")
        pytest.skip(f"{name}: {MISSING[name]}")


@pytest.fixture(params=list(ENGINES))
def each_engine(request: pytest.FixtureRequest) -> str:
    """Each database engine, with MySQL."""
    name: str = request.param
    demand(name)
    return name


@pytest.fixture
def some_engine(request: pytest.FixtureRequest, each_engine: str) -> str:
    """Each engine; in CI SQLite and one server, another one each day, for tests that take half a minute."""
    servers = ("postgresql", "mariadb", "mysql")
    turn = sum(request.node.originalname.encode()) + date.today().toordinal()
    if os.environ.get("CI") and each_engine not in ("sqlite", servers[turn % 3]):
        pytest.skip("in CI it runs on SQLite and on one server, which changes from day to day")
    return each_engine


@pytest.fixture(params=["sqlite", "postgresql", "mariadb"])
def engine(request: pytest.FixtureRequest) -> str:
    """Each database engine. What differs on MySQL is in the fixtures, which run there as well."""
    name: str = request.param
    demand(name)
    if name == "sqlite" and IS_SERVERS_LEG and request.path.name.startswith("test_verify_"):
        pytest.skip("the legs of the oldest and the newest Django run these on SQLite, and the gate has 20 minutes")
    return name


def pytest_configure(config: pytest.Config) -> None:
    """Write no bytecode: the tests' projects change within a second, and stale bytecode is recognized by its time."""
    if not hasattr(config, "workerinput"):
        compileall.compile_dir(Path(__file__).parents[1] / "src", quiet=1)
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"
    # A command in the background ignores SIGINT, and so would the processes that the tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests that take a minute first, so that no worker is still busy with one while the others wait."""
    items.sort(key=lambda item: "third_party" not in item.nodeid)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    for name, reason in MISSING.items():
        terminalreporter.write_line(f"NOT TESTED ON {name.upper()}: {reason}", yellow=True, bold=True)
    if no_browser := why_no_browser():
        terminalreporter.write_line(f"NOT TESTED IN A BROWSER: {no_browser}", yellow=True, bold=True)
    if not all(map(importlib.util.find_spec, ("oscar", "wagtail"))):
        reason = "pip install -e '.[packages]' brings them"
        terminalreporter.write_line(f"NOT TESTED WITH THIRD-PARTY PACKAGES: {reason}", yellow=True, bold=True)


@pytest.fixture(autouse=True, scope="session")
def state_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder for migfix's journals during the tests, separate from the user's own."""
    folder = tmp_path_factory.mktemp("state")
    os.environ["XDG_STATE_HOME"] = str(folder)
    return folder


def clean_environment(**more: str) -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")} | more


@pytest.fixture
def migfix() -> Migfix:
    """Run migfix as a user does, in its own process."""

    def run(*arguments: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "migfix", *map(str, arguments)],
            cwd=cwd,
            capture_output=True,
            text=True,
            env=clean_environment(**environment),
            check=False,
        )

    return run


@pytest.fixture
def forked() -> Migfix:
    """Like ``migfix``, but in a fork of this process, so that hundreds of cases don't wait for Python to start."""
    preload()

    def run(*arguments: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        command = ["migfix", *map(str, arguments)]
        return in_fork(_run_migfix, command, cwd, clean_environment(**environment))

    return run


@pytest.fixture
def forked_python() -> Migfix:
    """Run Python code in a fork of this process that has imported Django."""
    with warnings.catch_warnings(action="ignore"):
        for module in ("django.core.management.commands.migrate", "django.db.backends.sqlite3.base"):
            importlib.import_module(module)

    def run(*code: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        return in_fork(_run_code, ["-c", *map(str, code)], cwd, clean_environment(**environment))

    return run


def in_fork(
    run: Callable[[], None], command: list[str], cwd: Path, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    """The result of ``run`` in a fork of this process, with ``command`` as ``sys.argv``."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        child = os.fork()
        if not child:
            try:
                take_over(command, cwd, environment, out.fileno(), err.fileno())
                run()
                sys.stdout.flush()
                os._exit(0)
            except BaseException:
                traceback.print_exc()
                sys.stderr.flush()
                os._exit(70)
        code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
        out.seek(0)
        err.seek(0)
        said = [each.read().decode(errors="surrogateescape") for each in (out, err)]
        return subprocess.CompletedProcess(command, code, *said)


def _run_migfix() -> None:
    from migfix.cli import run_and_leave

    run_and_leave()


def _run_code() -> None:
    exec(sys.argv[1], {})


def preload() -> None:
    """Import what the forks would import, once for all of them."""
    with warnings.catch_warnings(action="ignore"):  # warnings of other packages during import
        for module in ("migfix.cli.apply", "migfix.cli.verify", "migfix.syntax", "sqlglot"):
            importlib.import_module(module)
        for rule in all_rules():
            importlib.import_module(f"migfix.rules.{rule.stem}.check")


def become(arguments: list[str], cwd: Path, environment: dict[str, str], out: int, err: int) -> None:
    """Run the command line with these files as output. Never returns."""
    take_over(["migfix", *arguments], cwd, environment, out, err)
    _run_migfix()


def take_over(command: list[str], cwd: Path, environment: dict[str, str], out: int, err: int) -> None:
    """Make this process one that runs ``command`` with these files as output."""
    warnings.resetwarnings()
    warnings.simplefilter("ignore")
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    for target, source in enumerate((os.open(os.devnull, os.O_RDONLY), out, err)):
        os.dup2(source, target)
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(os.dup(each), mode) for each, mode in enumerate("rww"))
    sys.argv = command
