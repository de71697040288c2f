"""``verify --compare`` of one migration in a project of 50 apps: its time, and that of the state before."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path
from typing import NamedTuple

from growth import UNIQUE
from hooked import MANAGE, SETTINGS, write_models
from measure import ENVIRONMENT, MIGFIX
from synthetic import PLAIN, many_files

APPS, FILES = 50, 4


class Verified(NamedTuple):
    """Seconds of the whole command, as a clock shows them, and of the state before in each of its two trials."""

    whole: float
    after_each_other: float
    """Seconds of the two versions without each other, added."""
    before: list[float]


def verified(project: Path, engines: dict[str, str]) -> list[tuple[str, Verified]]:
    """The time on each engine. ``project`` doesn't exist yet. The last migration is the one that is verified."""
    last = many_files(project, APPS, FILES)
    last.write_text(last.read_text().replace(PLAIN, UNIQUE))  # migfix rewrites it
    apps = sorted(folder.name for folder in project.iterdir() if folder.is_dir())
    (project / "manage.py").write_text(MANAGE)
    (project / "plain.py").write_text(SETTINGS.format(apps=apps))
    for number, app in enumerate(apps):
        write_models(project / app, apps[number - 1] if number else None, FILES)
    original = last.read_text()
    subprocess.run([MIGFIX, "apply", str(last.relative_to(project))], cwd=project, env=ENVIRONMENT, check=True)
    rewritten, found = last.read_text(), []
    for name, url in engines.items():
        command = [MIGFIX, "verify", str(last.relative_to(project)), "--settings", "plain", "--json", "--engine", url]
        last.write_text(original)
        alone, _ = _run(command, project)
        whole, output = _run([*command, "--compare"], project)
        last.write_text(rewritten)
        other, _ = _run(command, project)
        steps = [step for trial in json.loads(output)["trials"] for step in trial["steps"]]
        before = [step["seconds"] for step in steps if step["name"] == "state before"]
        found.append((name, Verified(whole, alone + other, before)))
    return found


def _run(command: list[str], project: Path) -> tuple[float, str]:
    """The seconds of a command, as a clock shows them, and its output."""
    start = time.perf_counter()
    done = subprocess.run(command, cwd=project, env=ENVIRONMENT, capture_output=True, text=True, check=False)
    return time.perf_counter() - start, done.stdout
