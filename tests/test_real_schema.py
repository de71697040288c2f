"""``migfix verify --real-schema`` starts from the tables as they are, which no migration made so."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Migfix
from projects import migration
from test_doctor_fix import FILES, content, made
from test_leftovers import run_sql
from test_squash import database

NEW = "blog/migrations/0004_next.py"
VERIFY = ("verify", NEW, "--settings", "settings")
REAL = (*VERIFY, "--real-schema")
AFTER = ("blog", "0003_later")


def said(text: str) -> str:
    return " ".join(text.split())


def test_a_column_that_was_dropped_by_hand(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    """The new migration removes it, which only fails on the real database. Its rows stay out of it."""
    with database(some_engine, tmp_path) as settings:
        root = made(tmp_path / "project", some_engine, settings)
        (root / NEW).write_text(migration('migrations.RemoveField("author", "note"),', AFTER))
        rows = content(root)
        from_real = said(forked(*REAL, cwd=root).stdout)
        assert "state before: built from the structure of the real database `default`, not from the" in from_real
        assert "blog_author: 3" in from_real
        assert "forward ✗" not in from_real
        run_sql(root, "ALTER TABLE blog_author DROP COLUMN note")
        assert "forward ✗" not in said(forked(*VERIFY, cwd=root).stdout)
        result = forked(*REAL, cwd=root)
        assert result.returncode == 1, result.stdout + result.stderr
        assert "forward ✗" in said(result.stdout)
        assert {name: len(each) for name, each in content(root).items()} == {k: len(v) for k, v in rows.items()}


def test_a_table_of_another_engine(tmp_path: Path, each_engine: str, forked: Migfix) -> None:
    """MIG601: a scratch database that Django makes doesn't have it."""
    if each_engine not in ("mysql", "mariadb"):
        pytest.skip("MySQL and MariaDB have storage engines")
    with database(each_engine, tmp_path) as settings:
        first = dict(list(FILES.items())[:1])
        root = made(tmp_path / "project", each_engine, settings, first)
        run_sql(root, "ALTER TABLE blog_author ENGINE=MyISAM")
        key = 'migrations.AddField("post", "author", models.ForeignKey("blog.Author", models.CASCADE, null=True)),'
        (root / NEW).write_text(migration(key, ("blog", "0001_initial")))
        assert "forward ✗" not in said(forked(*VERIFY, cwd=root).stdout)
        assert "forward ✗" in said(forked(*REAL, cwd=root).stdout)
        applied = forked("apply", NEW, "--settings", "settings", "--database", "default", cwd=root)
        assert applied.returncode == 0, applied.stdout + applied.stderr
        assert "forward ✗" not in said(forked(*REAL, cwd=root).stdout)


def test_what_it_needs(tmp_path: Path, forked: Migfix) -> None:
    with database("sqlite", tmp_path) as settings:
        root = made(tmp_path / "project", "sqlite", settings)
        named = ("verify", "blog", "0003", "--settings", "settings", "--real-schema")
        result = forked(*named, "--engine", "sqlite", cwd=root)
        assert result.stderr == ("error: --real-schema runs on the engine of the real database. Leave out --engine.\n")
        result = forked(*named, cwd=root)
        assert said(result.stdout + result.stderr).startswith(
            "✗ default: could not run: blog.0003_later is applied in `default`, whose structure is the one after it. "
            "Leave out --real-schema, or use --database for a database that hasn't run it."
        )
