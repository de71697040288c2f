"""What migfix says about changes of models, against databases: ``python facts/model_changes.py [URL …]``.

``--sample 20`` tries twenty changes, which ``--seed`` chooses; ``--only "relation key many"`` tries one.

Each state of ``facts/changes.py`` is changed into each other one of its group, with real makemigrations, on tables with
rows. Where every operation is safe on any rows or rewritten, ``migfix apply`` and ``migrate`` run forward, back and
forward again on each engine. The rows must mean the same each time. A line is printed for each change that fails.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import django
from changes import GROUPS, State, is_gone, pairs

URLS = (
    "sqlite:///db.sqlite3",
    "postgres://root@127.0.0.1:5432/migfix_changes",
    "mysql://root@127.0.0.1:3306/migfix_changes",
    "mysql://root@127.0.0.1:3307/migfix_changes",
)
SETTINGS = """
import os
import dj_database_url

SECRET_KEY = "x"
USE_TZ = True
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "blog"]
DATABASES = {"default": dj_database_url.parse(os.environ["DATABASE_URL"])}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS = ["fields.W342", "models.W042", "models.W036", "models.W037", "models.W044", "models.W045"]
"""
HEAD = "import uuid\n\nfrom django.db import models\nfrom django.db.models.functions import Lower\n\n\n"
CHECK = "condition" if django.VERSION >= (5, 1) else "check"
MAKE = """
import django
django.setup()
from contextlib import suppress
from django.db import Error, transaction
from blog.models import *
{rows}
"""
SHOW = """
import json
import django
django.setup()
from blog.models import *
def shown():
    {shown}
print(json.dumps(shown(), sort_keys=True))
"""
EMPTY = """
import django
django.setup()
from django.db import connection
name = connection.settings_dict["NAME"]
if connection.vendor != "sqlite":
    connection.settings_dict["NAME"] = "postgres" if connection.vendor == "postgresql" else None
    with connection.cursor() as cursor:
        cursor.execute(f"DROP DATABASE IF EXISTS {name}")
        cursor.execute(f"CREATE DATABASE {name}")
"""
ANSWERS = "1\n1\n" * 4
RENAMED = "y\n" + ANSWERS
STOPPED = "can't be read, such as"
"""What a guard of a rewrite says: it stops before a value is lost."""
FILES = ("0001_initial.py",)


class Project:
    """A project in a folder of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.url = URLS[0]
        (root / "blog" / "migrations").mkdir(parents=True)
        for folder in ("blog", "blog/migrations"):
            (root / folder / "__init__.py").touch()
        (root / "settings.py").write_text(SETTINGS)

    def run(self, *arguments: str, answers: str = "") -> subprocess.CompletedProcess[str]:
        paths = os.pathsep.join(filter(None, [str(self.root), os.environ.get("PYTHONPATH", "")]))
        more = {"DJANGO_SETTINGS_MODULE": "settings", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONPATH": paths}
        environment = {**os.environ, **more, "DATABASE_URL": self.url}
        command = [sys.executable, *arguments]
        return subprocess.run(
            command, cwd=self.root, env=environment, input=answers, capture_output=True, text=True, check=False
        )

    def django(self, *arguments: str, answers: str = "") -> str:
        """Run a management command. Returns its last line if it fails, else "" ."""
        result = self.run("-m", "django", *arguments, answers=answers)
        return ((result.stdout + result.stderr).strip().splitlines() or ["failed"])[-1] if result.returncode else ""

    def place(self, state: State) -> None:
        (self.root / "blog" / "models.py").write_text(HEAD + state.models.replace("CHECK=", f"{CHECK}="))

    def shown(self, state: State) -> str:
        """What the rows mean, or the last line of an error."""
        result = self.run("-c", SHOW.format(shown=state.shown))
        return (result.stdout or result.stderr).strip().splitlines()[-1]

    def new_files(self) -> list[str]:
        found = sorted(path.name for path in (self.root / "blog" / "migrations").glob("0*.py"))
        return [f"blog/migrations/{name}" for name in found if name not in FILES]


def tried(group: str, before: str, after: str, urls: tuple[str, ...]) -> str:
    """What becomes of one change: ``passes``, ``stops``, ``refused``, ``unknown``, ``nothing``, or what is wrong."""
    old, new = GROUPS[group][before], GROUPS[group][after]
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder))
        project.place(old)
        if error := project.django("makemigrations", "blog"):
            return f"makemigrations: {error}"
        project.place(new)
        if project.django("makemigrations", "blog", answers=ANSWERS):
            if error := project.django("makemigrations", "blog", answers=RENAMED):
                return f"not made: {error}"
        files = project.new_files()
        if not files:
            return "nothing"
        result = project.run("-m", "migfix", "apply", *files, "--output-format", "json")
        report = json.loads(result.stdout)
        verdicts = Counter(each["verdict"] for each in report["operations"])
        if result.returncode or any(each.get("is_refused") for each in report["findings"]):
            return f"refused {dict(verdicts)}"
        if not set(verdicts) <= {"safe", "rewritten"}:
            return f"unknown {dict(verdicts)}"
        is_compared = not is_gone(group, before, after)
        for url in urls:
            project.url = url
            wrong = _on_engine(project, old, new, is_compared)
            if wrong.startswith("forward: ") and STOPPED in wrong:
                return "stops"
            if wrong:
                return f"WRONG on {url.partition(':')[0]}{url[-20:]}: {wrong} {dict(verdicts)}"
    return "passes"


def _on_engine(project: Project, old: State, new: State, is_compared: bool) -> str:
    """What goes wrong on one engine; "" if nothing does."""
    project.place(old)
    (project.root / "db.sqlite3").unlink(missing_ok=True)
    project.run("-c", EMPTY)
    if error := project.django("migrate", "blog", "0001") or project.django("migrate", "auth"):
        return f"before: {error}"
    made = project.run("-c", MAKE.format(rows=old.rows))
    if made.returncode:
        return f"rows: {made.stderr.strip().splitlines()[-1]}"
    meant = project.shown(old)
    project.place(new)
    for name, target, state in (("forward", (), new), ("back", ("0001",), old), ("again", (), new)):
        if error := project.django("migrate", "blog", *target):
            return f"{name}: {error}"
        project.place(state)
        found = project.shown(state)
        is_shown = found.startswith("{") or "DoesNotExist" in found  # a removed key comes back as its default
        if found != meant and (is_compared or not is_shown):
            return f"{name}: {found[:200]} instead of {meant[:200]}"
        project.place(new)
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("urls", nargs="*", default=URLS)
    parser.add_argument("--sample", type=int)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", default="", help="the group, and the states before and after, with commas")
    arguments = parser.parse_args()
    chosen = pairs()
    if arguments.sample:
        chosen = random.Random(arguments.seed).sample(chosen, arguments.sample)
    if arguments.only:
        wanted = arguments.only.split(",")
        chosen = [pair for pair in chosen if list(pair[: len(wanted)]) == wanted]
    counts: Counter[str] = Counter()
    for pair in chosen:
        outcome = tried(*pair, tuple(arguments.urls))
        counts[outcome.split()[0]] += 1
        print(*pair, "->", outcome, sep=" | ", flush=True)
    print(dict(counts))
    return 1 if counts["WRONG"] else 0


if __name__ == "__main__":
    sys.exit(main())
