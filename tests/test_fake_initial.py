"""MIG204 as a user sees it: a database that already has the tables, and ``migrate --fake-initial``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from cases import FIXTURES, Case
from conftest import Migfix
from test_squash import SETTINGS, database, django_admin

FORGET = """
import django
django.setup()
from django.db import connection
connection.cursor().execute("DELETE FROM django_migrations")
"""


def test_fake_initial(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """Without ``initial``, the later part runs again on columns that exist. With it, both parts are recorded."""
    root = Case(FIXTURES / "mark_initial" / "later_part").copy_before(tmp_path / "project")
    apps = sorted(path.parent.name for path in root.glob("*/migrations"))
    with database(engine, tmp_path) as settings:
        said = {**SETTINGS, "INSTALLED_APPS": apps, "DATABASES": {"default": settings}}
        (root / "settings.py").write_text("".join(f"{name} = {value!r}\n" for name, value in said.items()))
        assert django_admin(root, "migrate").returncode == 0
        environment = {"DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(root), "PATH": "/usr/bin:/bin"}
        subprocess.run([sys.executable, "-c", FORGET], cwd=root, env=environment, check=True)
        before = django_admin(root, "migrate", "--fake-initial")
        if engine == "sqlite":  # it recreates the whole table without an error
            assert "bills.0002_initial... OK" in before.stdout
        else:
            assert before.returncode == 1
            assert "already exists" in before.stderr or "Duplicate column" in before.stderr
        subprocess.run([sys.executable, "-c", FORGET], cwd=root, env=environment, check=True)
        assert migfix("apply", *apps, "--select", "MIG204", cwd=root).returncode == 0
        after = django_admin(root, "migrate", "--fake-initial")
        assert after.returncode == 0, after.stderr
        assert after.stdout.count("FAKED") == 4
        assert "[ ]" not in django_admin(root, "showmigrations").stdout
