"""MIG108 and the site: a new database gets it only after its last migration."""

from __future__ import annotations

from pathlib import Path

import pytest
from cases import Case, all_cases
from test_squash import django_admin

CASES = [
    case for case in all_cases() if case.rule == "create_permissions_first" and case.folder.name.startswith("site_")
]
SETTINGS = """
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.sites", "blog"]
SITE_ID = 1
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""


@pytest.mark.parametrize("case", CASES, ids=str)
def test_a_new_database(case: Case, tmp_path: Path) -> None:
    for name, copy, error in (("before", case.copy_before, "Error"), ("after", case.copy_after, "")):
        root = copy(tmp_path / name)
        (root / "settings.py").write_text(SETTINGS)
        migrated = django_admin(root, "migrate")
        assert bool(migrated.returncode) == bool(error), migrated.stderr
        if error:
            assert "DoesNotExist" in migrated.stderr or "No installed app with label 'sites'" in migrated.stderr
