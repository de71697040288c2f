"""Real projects to measure with: packages of the Python Package Index, pinned, unpacked and never imported."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

PINNED = {
    "allianceauth": "5.5.0",
    "arches": "8.1.5",
    "coldfront": "1.1.10",
    "django-cms": "5.1.3",
    "django-filer": "3.6.0",
    "django-helpdesk": "2.6.1",
    "django-machina": "1.3.1",
    "django-oscar": "4.2.1",
    "djangocms-blog": "2.0.10",
    "edx-enterprise": "8.18.0",
    "geonode": "5.1.1",
    "kolibri": "0.19.5",
    "label-studio": "1.23.2",
    "mayan-edms": "4.12.2",
    "mezzanine": "6.1.1",
    "misago": "0.39.6",
    "nautobot": "3.2.7",
    "nautobot-golden-config": "3.0.8",
    "pretalx": "2025.2.2",
    "pretix": "2026.8.0",
    "pulp-container": "2.30.0",
    "pulp-rpm": "3.39.4",
    "pulpcore": "3.123.1",
    "scancodeio": "36.1.0",
    "shuup": "3.1.0",
    "wagtail": "8.0.1",
    "waldur-mastermind": "4.5.1",
    "weblate": "5.14.3",
}


def build(corpus: Path) -> list[Path]:
    """The folder of each project below ``corpus``. Downloads what isn't there yet."""
    return [_project(corpus, name, version) for name, version in PINNED.items()]


def _project(corpus: Path, name: str, version: str) -> Path:
    folder = corpus / f"{name}-{version}"
    if not folder.is_dir():
        wheels = corpus / "wheels" / name
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:"]
        subprocess.run([*command, f"{name}=={version}", "-d", str(wheels)], check=True)
        unpacked = folder.with_suffix(".unpacking")
        for wheel in wheels.glob("*.whl"):
            with zipfile.ZipFile(wheel) as archive:
                archive.extractall(unpacked, [each for each in archive.namelist() if each.endswith(".py")])
        (unpacked / "manage.py").touch()  # marks the root of a project
        unpacked.rename(folder)
    return folder


def migration_files(project: Path) -> list[Path]:
    """The migrations of a project, as Django would load them."""
    return sorted(path for path in project.rglob("migrations/*.py") if path.name[0] not in "_~")
