"""What can't be run is reported in one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import ENGINES, URLS, Migfix
from projects import POST_MODEL, SETTINGS, migration
from verifying import blog, failing, verified


def could_not(migfix: Migfix, project: Path, *arguments: str) -> str:
    result = migfix("verify", *arguments, cwd=project)
    assert result.returncode == 2, result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    return result.stdout + result.stderr


def test_state_before_that_cannot_be_reached(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    third = migration("", ("blog", "0002_next"))
    second = migration('        migrations.RunSQL("SELECT * FROM nowhere", ""),', ("blog", "0001_initial"))
    project = blog(tmp_path, second, **{"blog/migrations/0003_more.py": third})
    said = could_not(migfix, project, "blog", "0003", "--settings", "settings", "--engine", URLS[engine])
    assert f"could not run: The state before can't be reached on {engine}: " in said
    assert "nowhere" in said
    assert f"({tmp_path}/blog/migrations/0002_next.py:9, RunSQL)" in said
    assert "An earlier migration of the project fails on a new database. Fix that one first." in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["blog", "0002"],
            "error: migfix doesn't know the settings module of this project. "
            "Pass --settings, or set `settings` in [tool.migfix].\n",
        ),
        (
            ["blog", "0009", "--settings", "settings"],
            "✗ default: could not run: blog has no migration that starts with 0009. It has 0001_initial, 0002_next.\n",
        ),
        (
            ["blog", "000", "--settings", "settings"],
            "✗ default: could not run: 000 matches several migrations of blog. They are 0001_initial, 0002_next.\n",
        ),
        (
            ["news", "0001", "--settings", "settings"],
            "✗ default: could not run: There is no app `news` with migrations. Is its app in INSTALLED_APPS?\n",
        ),
        (
            ["blog", "0002", "--settings", "nowhere"],
            "✗ default: could not run: The settings nowhere can't be loaded: "
            "ModuleNotFoundError: No module named 'nowhere'.\n",
        ),
        (
            ["blog", "0002", "--settings", "settings", "--database", "logs"],
            "✗ logs: could not run: The settings have no database `logs`. They have default.\n",
        ),
        (
            ["blog", "0002", "--settings", "settings", "--engine", "postgresql"],
            "✗ postgresql: could not run: --engine postgresql doesn't name a server. "
            "Write a URL, as in postgresql://user:password@localhost:5432, or `sqlite`.\n",
        ),
        (
            ["blog", "0002", "--settings", "settings", "--engine", "nosql://a:secret@b"],
            "✗ nosql: could not run: --engine nosql://a:…@b isn't the URL of a database that migfix knows.\n",
        ),
        (
            ["blog", "0002", "--compare", "--settings", "settings"],
            "error: --compare needs the path of a migration file. Pass the file instead of the app.\n",
        ),
        (
            ["blog/migrations/0002_next.py", "--compare", "--settings", "settings"],
            "error: There is nothing to compare: migfix would change nothing here, and neither git nor `migfix undo` "
            "has an earlier version. Remove --compare to verify the files as they are.\n",
        ),
        (["nowhere.py", "--settings", "settings"], "error: nowhere.py: no such file or directory.\n"),
    ],
)
def test_errors_are_one_line(tmp_path: Path, migfix: Migfix, arguments: list[str], said: str) -> None:
    project = blog(tmp_path, migration("", ("blog", "0001_initial")))
    lines = could_not(migfix, project, *arguments)
    assert lines.replace("could not be verified everywhere.\n", "") == said.replace("{project}", str(tmp_path))


def test_configured_database_with_the_prefix(tmp_path: Path, migfix: Migfix) -> None:
    """migfix drops databases with its prefix, so it doesn't run if a configured database has that prefix."""
    settings = SETTINGS.replace("db.sqlite3", "migfix_scratch_mine")
    project = blog(tmp_path, migration("", ("blog", "0001_initial")), **{"settings.py": settings})
    said = could_not(migfix, project, "blog", "0002", "--settings", "settings")
    assert said.startswith(
        "✗ default: could not run: The database `default` of your settings is called migfix_scratch_mine. "
        "migfix drops databases that start with migfix_scratch_. Rename that database.\n"
    )


def test_server_that_does_not_answer(tmp_path: Path, migfix: Migfix) -> None:
    pytest.importorskip("psycopg")
    project = blog(tmp_path, migration("", ("blog", "0001_initial")))
    said = could_not(
        migfix, project, "blog", "0002", "--settings", "settings", "--engine", "postgresql://root@127.0.0.1:9"
    )
    assert "✗ postgresql: could not run: The database server can't be used (127.0.0.1, PostgreSQL): " in said
    assert "Is it running, and are user and password right? --engine sqlite needs no server." in said


def test_mariadb_that_does_not_answer(tmp_path: Path, migfix: Migfix) -> None:
    pytest.importorskip("MySQLdb")
    project = blog(tmp_path, migration("", ("blog", "0001_initial")))
    said = could_not(
        migfix, project, "blog", "0002", "--settings", "settings", "--engine", "mariadb://root@127.0.0.1:9"
    )
    assert "✗ mariadb: could not run: The database server can't be used (127.0.0.1, MySQL or MariaDB): " in said


def ending(root: Path, code: str) -> Path:
    body = "".join(f"    {line}\n" for line in code.splitlines())
    functions = f"def end(apps, schema_editor):\n    import os\n    import subprocess\n    import sys\n\n{body}"
    second = migration("        migrations.RunPython(end, end),", ("blog", "0001_initial"), functions=functions)
    return blog(root, second)


def test_migration_that_exits_the_process(tmp_path: Path, migfix: Migfix) -> None:
    said = could_not(migfix, ending(tmp_path, "os._exit(3)"), "blog", "0002", "--settings", "settings")
    assert said.startswith(
        "✗ default: could not run: The process that runs the migrations ended early, with exit code 3: "
        "something in it left Python.\n"
    )


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("raise KeyboardInterrupt", "KeyboardInterrupt: "),
        ("sys.exit('no')", "SystemExit: no"),
        ("input()", "EOFError: EOF when reading a line"),
        ("raise type('Odd', (BaseException,), {})('x')", "Odd: x"),
        ("raise type('Mute', (Exception,), {'__str__': lambda self: 1})", "Mute: (its text can't be shown)"),
    ],
)
def test_whatever_a_migration_raises_is_a_finding(tmp_path: Path, migfix: Migfix, code: str, error: str) -> None:
    trial = verified(migfix, ending(tmp_path, code), "sqlite", "blog", "0002")
    assert failing(trial) == {"forward": error}


@pytest.mark.parametrize(
    "code",
    [
        "print('x' * 3_000_000)",
        "sys.stderr.write('x' * 3_000_000)",
        "subprocess.run(['echo', 'hi'], check=True)",
        "os.write(1, b'hi')",
        "os.chdir('/')",
        "sys.path.clear()",
    ],
)
def test_output_of_a_migration_is_hidden(tmp_path: Path, migfix: Migfix, code: str) -> None:
    assert failing(verified(migfix, ending(tmp_path, code), "sqlite", "blog", "0002")) == {}


def test_name_of_a_database_in_the_options(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """Drivers prefer a name in OPTIONS to NAME. The real database must not be reached that way."""
    key = {"sqlite": "database", "postgresql": "dbname", "mariadb": "database"}[engine]
    real = str(tmp_path / "real.sqlite3") if engine == "sqlite" else "migfixtest_real"
    database = ENGINES[engine] | {"NAME": "ignored", "OPTIONS": {key: real}}
    settings = SETTINGS.replace(
        'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}',
        f'DATABASES = {{"default": {database!r}}}',
    )
    project = blog(tmp_path, migration("", ("blog", "0001_initial")), **{"settings.py": settings})
    result = migfix("verify", "blog", "0002", "--settings", "settings", cwd=project)
    assert result.returncode == 0, result.stdout + result.stderr
    assert not (tmp_path / "real.sqlite3").exists()
    prefixed = settings.replace(real, "migfix_scratch_mine")
    (project / "settings.py").write_text(prefixed)
    said = could_not(migfix, project, "blog", "0002", "--settings", "settings")
    assert "is called migfix_scratch_mine. migfix drops databases that start with migfix_scratch_" in said


def test_folder_whose_tables_are_all_new(tmp_path: Path, migfix: Migfix) -> None:
    """All migrations of an app together start without rows, and the verdict says so."""
    second = migration(
        '        migrations.AddField("post", "rank", models.IntegerField(null=True)),', ("blog", "0001_initial")
    )
    project = blog(tmp_path, second, POST_MODEL + "    rank = models.IntegerField(null=True)\n")
    result = migfix("verify", "blog", "--settings", "settings", cwd=project)
    assert result.stdout.splitlines()[-1] == (
        "passes on sqlite; there were no rows before, so this shows nothing about a database with rows."
    )


def test_extra_is_missing(tmp_path: Path, migfix: Migfix) -> None:
    project = blog(tmp_path, migration("", ("blog", "0001_initial")))
    (project / "model_bakery.py").write_text("")
    blocked = "import sys; sys.modules['model_bakery'] = None; sys.argv[0] = 'migfix'; import migfix.cli as c; c.main()"
    result = subprocess.run(
        [sys.executable, "-c", blocked, "verify", "blog", "0002", "--settings", "settings"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert result.stderr == (
        "error: verify needs model-bakery, which is not installed. Run: pip install 'migfix[verify]'\n"
    )
