"""The static reader and Django agree on the packages that other tests use."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
BY_CODE = "its operations or dependencies are built by code: MIG001, nothing is guessed"
KNOWN = {
    "account.0001_initial": BY_CODE,
    "socialaccount.0001_initial": BY_CODE,
    "wagtailsearch.0006_customise_indexentry": BY_CODE,
    "wagtailsearch.0007_delete_editorspick": "DeleteModelIfExists is opaque, and 0006 is missing",
    "wagtailimages.0025_alter_image_file_alter_rendition_file": "the field is given `**options`: it can't be read",
}
"""The migrations that are read differently from Django, and why."""
FROM_SETTINGS = "read as {'class': 'models_AutoField'"
"""django-oscar takes the class of its keys from the settings when the file is run."""


def test_models_and_fields_match_django() -> None:
    try:
        for package in ("wagtail", "oscar", "allauth", "axes", "guardian", "waffle", "reversion", "django_otp"):
            __import__(package)
    except ImportError as error:
        if os.environ.get("CI") and not os.environ.get("MIGFIX_SQLITE_ONLY"):
            raise
        pytest.skip(f"third-party packages are missing: {error}; pip install -e '.[packages]'")
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "third_party.settings", "PYTHONPATH": str(HERE)}
    command = [sys.executable, "-W", "ignore", str(HERE / "readers.py"), str(HERE / "third_party")]
    result = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["migrations"] > 350
    assert found["labels"] == {}
    differing = {
        key: kept
        for key, lines in found["differences"].items()
        if (kept := [line for line in lines if FROM_SETTINGS not in line])
    }
    assert {key: lines for key, lines in differing.items() if key not in KNOWN} == {}
    assert differing.keys() == KNOWN.keys(), "what is read by now must leave the list"
