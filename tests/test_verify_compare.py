"""The original compared with the rewritten file, and ``apply --verify``."""

from __future__ import annotations

import json
import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from conftest import ENGINES, MISSING, URLS, Migfix
from projects import POST, POST_MODEL, SETTINGS, migration
from verifying import blog

CATEGORY_MODELS = """
from django.db import models


class Category(models.Model):
    name = models.CharField(max_length=50)


class Post(models.Model):
    title = models.CharField(max_length=50)
    category = models.ForeignKey(Category, models.CASCADE)
"""
PLAIN = migration(
    """
        migrations.CreateModel("Category", [("id", ID), ("name", models.CharField(max_length=50))]),
        migrations.AddField(
            model_name="post",
            name="category",
            field=models.ForeignKey(default=1, on_delete=models.CASCADE, to="blog.category"),
            preserve_default=False,
        ),
    """,
    ("blog", "0001_initial"),
)
SECOND = "blog/migrations/0002_next.py"
OWN_WORDS = {
    "sqlite": "IntegrityError: The row in table 'blog_post' with primary key '101' has an invalid foreign key: "
    "blog_post.category_id contains a value '1' that does not have a corresponding value in blog_category.id.",
    "postgresql": 'IntegrityError: insert or update on table "blog_post" violates foreign key constraint '
    '"blog_post_category_id_c326dbf8_fk_blog_category_id" '
    'DETAIL: Key (category_id)=(1) is not present in table "blog_category".',
    "mariadb": "IntegrityError: (1452, 'Cannot add or update a child row: a foreign key constraint fails",
}


def compared(migfix: Migfix, project: Path, engine: str, *arguments: str) -> dict[str, Any]:
    shared = ["--compare", "--settings", "settings", "--engine", URLS[engine], "--json"]
    result = migfix("verify", SECOND, *shared, *arguments, cwd=project)
    assert result.returncode == 0, result.stdout + result.stderr
    return {trial["version"]: trial for trial in json.loads(result.stdout)["trials"]}


def test_original_and_rewritten(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """The original fails at its own line with the database's own error. The rewritten version passes."""
    trials = compared(migfix, blog(tmp_path, PLAIN, CATEGORY_MODELS), engine)
    original = {step["name"]: step for step in trials["original"]["steps"]}
    assert original["forward"]["error"].startswith(OWN_WORDS[engine])
    place = original["forward"]["place"]
    assert (place["path"], place["line"]) == (str(tmp_path / SECOND), 11)
    assert place["operation"] == "AddField post.category"
    outcomes = {step["name"]: step["outcome"] for step in trials["rewritten"]["steps"]}
    assert outcomes == {
        "state before": "passed",
        "rows": "passed",
        "forward": "passed",
        "back": "passed",
        "forward again": "passed",
        "insert": "passed",
        "previous release": "noted",
        "makemigrations": "passed",
    }
    assert trials["rewritten"]["rows"] == {"blog_category": [None, 1, None, 1], "blog_post": [3, 3, 3, 3]}
    assert (tmp_path / SECOND).read_text() == PLAIN


def test_compare_after_apply_and_after_commit(tmp_path: Path, migfix: Migfix, state_home: Path) -> None:
    """The original is read from migfix's own copy, or from git."""
    project = blog(tmp_path, PLAIN, CATEGORY_MODELS)
    assert migfix("apply", SECOND, "--engine", "sqlite", cwd=project).returncode == 0
    trials = compared(migfix, project, "sqlite")
    assert (trials["original"]["passed"], trials["rewritten"]["passed"]) == (False, True)
    rewritten = (project / SECOND).read_text()
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=x", "-c", "user.email=x", "commit", "-qmx"]):
        (project / SECOND).write_text(PLAIN)
        subprocess.run(["git", *command], cwd=project, check=True)
    (project / SECOND).write_text(rewritten)
    subprocess.run(["rm", "-r", state_home], check=True)
    trials = compared(migfix, project, "sqlite")
    assert (trials["original"]["passed"], trials["rewritten"]["passed"]) == (False, True)


def test_text_table(tmp_path: Path, migfix: Migfix) -> None:
    project = blog(tmp_path, PLAIN, CATEGORY_MODELS)
    result = migfix("verify", SECOND, "--compare", "--settings", "settings", "--engine", "sqlite", cwd=project)
    lines = [" ".join(line.split()) for line in re.sub(r"\d+\.\d\d s|─+", "", result.stdout).splitlines()]
    assert lines == [
        "",
        "step sqlite original sqlite rewritten",
        "",
        "state before ✓ ✓",
        "rows ✓ ✓",
        "forward ✗ ✓",
        "back - ✓",
        "forward again - ✓",
        "insert - ✓",
        "previous release - !",
        "makemigrations ✓ ✓",
        "",
        f"✗ sqlite original, forward: {OWN_WORDS['sqlite']}",
        "caused by blog/migrations/0002_next.py:11: AddField post.category",
        "! sqlite rewritten, previous release: the previous release can't insert into blog_post: "
        "IntegrityError: NOT NULL constraint failed: blog_post.category_id",
        "rows before → forward → back → forward again ('none': the table is not there)",
        "blog_category: none (sqlite original)",
        "blog_post: 3 (sqlite original)",
        "blog_category: none → 1 → none → 1 (sqlite rewritten)",
        "blog_post: 3 → 3 → 3 → 3 (sqlite rewritten)",
        "the rewritten version passes on sqlite; the original fails on sqlite.",
    ]
    assert result.stderr == ""


def test_progress_on_a_terminal_only(tmp_path: Path) -> None:
    """A progress bar on stderr names the steps. The other tests check that a pipe gets none."""
    project = blog(tmp_path, PLAIN, CATEGORY_MODELS)
    try:
        mine, theirs = pty.openpty()
    except OSError:
        pytest.skip("this machine has no pseudo terminals")
    command = [sys.executable, "-m", "migfix", "verify", SECOND, "--compare", "--settings", "settings"]
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "120"}
    process = subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=theirs, env=environment)
    os.close(theirs)
    seen = b""
    while chunk := _read(mine):
        seen += chunk
    out, _ = process.communicate()
    os.close(mine)
    assert process.returncode == 0
    assert b"original: " in seen
    assert "the rewritten version passes on sqlite; the original fails on sqlite.\n" in out.decode()
    assert b"\x1b" not in out


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux reports a closed other end this way
        return b""


def test_statements_and_locks(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    trials = compared(migfix, blog(tmp_path, PLAIN, CATEGORY_MODELS), engine, "--sql")
    statements = [each for each in trials["rewritten"]["statements"] if each["step"] == "forward"]
    assert statements[0]["sql"].startswith("CREATE TABLE")
    assert statements[0]["place"]["operation"] == "CreateModel Category"
    assert any("INSERT INTO" in each["sql"] and "'Category 1'" in each["sql"] for each in statements)
    assert [each["is_failed"] for each in trials["original"]["statements"]].count(True) == (engine != "sqlite")
    locks = {(each["step"], each["table"]): each["mode"] for each in trials["rewritten"]["locks"]}
    if engine == "postgresql":
        assert locks["forward", "blog_post"] == locks["back", "blog_post"] == "AccessExclusiveLock"
        assert all(each["seconds"] > 0 for each in trials["rewritten"]["locks"])
    else:
        assert locks == {}
    shown = migfix(
        "verify", SECOND, "--compare", "--sql", "--settings", "settings", "--engine", URLS[engine], cwd=tmp_path
    )
    assert f"{engine}: forward" in shown.stdout
    assert "-- AddField post.category" in shown.stdout
    assert ("blog_post: AccessExclusiveLock, " in shown.stdout) == (engine == "postgresql")


def test_lock_of_an_index_made_concurrently(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """A statement in its own transaction is examined too. One that can't run in a transaction is left alone."""
    if engine != "postgresql":
        return
    second = migration(
        """
        migrations.AddField("post", "rank", models.IntegerField(null=True)),
        AddIndexConcurrently("post", models.Index(fields=["title"], name="by_title")),
        """,
        ("blog", "0001_initial"),
        attributes="atomic = False",
        functions="from django.contrib.postgres.operations import AddIndexConcurrently",
    )
    result = migfix(
        *("verify", "blog", "0002", "--sql", "--json", "--settings", "settings", "--engine", URLS[engine]),
        cwd=blog(tmp_path, second),
    )
    (trial,) = json.loads(result.stdout)["trials"]
    assert [step["error"] for step in trial["steps"] if step["name"] in ("forward", "back")] == [None, None]
    locks = {(each["step"], each["table"]): each["mode"] for each in trial["locks"]}
    assert locks["forward", "blog_post"] == "AccessExclusiveLock"
    assert any("CONCURRENTLY" in each["sql"] for each in trial["statements"])


def test_apply_writes_what_passed(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    project = blog(tmp_path, PLAIN, CATEGORY_MODELS)
    result = migfix("apply", SECOND, "--settings", "settings", "--verify-engine", URLS[engine], cwd=project)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "passes on " + engine in result.stderr
    assert "seed_category" in (project / SECOND).read_text()


def test_apply_does_not_write_what_fails(tmp_path: Path, migfix: Migfix) -> None:
    """A rewrite that fails can't be fixed by migfix. Another that passes is written."""
    failing_file = "shop/migrations/0002_next.py"
    shop = PLAIN.replace("blog", "shop").replace(
        "operations = [", 'operations = [\n        migrations.RunSQL("SELECT * FROM nowhere", ""),'
    )
    more = {
        "shop/models.py": CATEGORY_MODELS,
        "shop/migrations/0001_initial.py": migration(POST),
        failing_file: shop,
        "settings.py": SETTINGS.replace('["blog"]', '["blog", "shop"]'),
    }
    project = blog(tmp_path, PLAIN, CATEGORY_MODELS, **more)
    result = migfix("apply", SECOND, failing_file, "--settings", "settings", "--verify", cwd=project)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "seed_category" in (project / SECOND).read_text()
    assert (project / failing_file).read_text() == shop
    assert (
        "  next: The fix fails on a scratch database (sqlite, forward: OperationalError: no such table: nowhere), "
        "so it was not written. `migfix diff` shows it.\n" in result.stdout
    )


def test_apply_writes_nothing_if_it_cannot_tell(tmp_path: Path, migfix: Migfix) -> None:
    project = blog(tmp_path, PLAIN, CATEGORY_MODELS)
    result = migfix(
        "apply", SECOND, "--settings", "settings", "--verify-engine", "postgresql://root@127.0.0.1:9", cwd=project
    )
    assert result.returncode == 2
    assert (project / SECOND).read_text() == PLAIN


def test_tables_fit_80_columns(tmp_path: Path, migfix: Migfix) -> None:
    """Two versions on several engines don't fit one table, so each engine has its own."""
    project = blog(tmp_path, PLAIN, CATEGORY_MODELS)
    engines = [text for engine in ENGINES if engine not in MISSING for text in ("--engine", URLS[engine])]
    if len(engines) < 4:
        pytest.skip("one engine fits a table")
    result = migfix("verify", SECOND, "--compare", "--settings", "settings", *engines, cwd=project)
    tables = [line for line in result.stdout.splitlines() if re.search(r"^ ?(step|─|\w[\w ]+? +[✓✗!-] )", line)]
    assert len([line for line in tables if line.lstrip().startswith("step")]) > 1, result.stdout
    assert max(map(len, tables)) <= 80, result.stdout


def test_apply_verifies_what_no_rule_finds_anything_in(tmp_path: Path, migfix: Migfix) -> None:
    """The files run as they are. If that fails, the exit code is 1 and nothing is called safe."""
    field = '        migrations.AddField("post", "rank", models.IntegerField(null=True)),'
    models = POST_MODEL + "    rank = models.IntegerField(null=True)\n"
    project = blog(tmp_path / "same", migration(field, ("blog", "0001_initial")), models)
    result = migfix("apply", SECOND, "--settings", "settings", "--verify", cwd=project)
    told = "1 operation: 1 safe on any rows\nnothing to do: 1 migration checked\n"
    assert (result.stdout, result.returncode) == (told, 0), result.stderr
    sql = '        migrations.RunSQL("SELECT * FROM nowhere", ""),'
    project = blog(tmp_path / "fails", migration(sql, ("blog", "0001_initial")))
    result = migfix("apply", SECOND, "--settings", "settings", "--verify", cwd=project)
    said = "1 operation: 1 runs your code\nno rule finds anything, but the migration fails on a scratch database\n"
    assert (result.stdout, result.returncode) == (said, 1), result.stderr
