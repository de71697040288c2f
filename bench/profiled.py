"""Where the time goes: the parts of migfix in a profile, and what a driver needs to write rows one by one."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

import dj_database_url
import django
from django.conf import settings
from django.db import connection
from measure import PYTHON

PROFILE = """
import cProfile, contextlib, io, json, pstats, runpy, sys
del sys.argv[0]
profile = cProfile.Profile()
profile.enable()
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
    if sys.argv[0] == "migfix":
        from migfix.cli import main
        main()
    else:
        runpy.run_path(sys.argv[0], run_name="__main__")
profile.disable()
called = pstats.Stats(profile, stream=io.StringIO()).stats
print(json.dumps([
    [file, own, [[caller[0], each[2]] for caller, each in callers.items()]]
    for (file, _, _), (_, _, own, _, callers) in called.items()
]))
"""
PARTS = {
    "reads Python": ("source/", "ast.py", "tokenize.py", "libcst"),
    "follows the models through the history": ("history/",),
    "rules and verdicts": ("rules/", "changes/", "planning/", "rows/", "splitting/"),
    "files, settings and git": ("project/", "pathlib.py", "subprocess.py", "glob.py", "selectors.py"),
    "other parts of migfix": ("/migfix/",),
    "Django": ("/django/",),
    "imports and the command line": ("importlib", "typer", "click", "rich", "typing.py", "enum.py", "inspect.py"),
}


def shares(project: Path, *arguments: str) -> list[tuple[str, float]]:
    """The share of each part in the time of a command, largest first. Built-in functions count for their callers.

    The first argument is ``migfix`` or a script: ``manage.py``.
    """
    command = [PYTHON, "-c", PROFILE, *arguments]
    done = subprocess.run(command, cwd=project, check=True, capture_output=True, text=True)
    found: Counter[str] = Counter()
    for file, own, callers in json.loads(done.stdout):
        for place, seconds in callers if file == "~" and callers else [(file, own)]:
            found[_part(place)] += seconds
    total = sum(found.values())
    return [(name, seconds / total) for name, seconds in found.most_common()]


def _part(file: str) -> str:
    place = f"/migfix/{file.rpartition('/migfix/')[2]}" if "/migfix/" in file else file
    for name, starts in PARTS.items():
        if any(start in place for start in starts):
            return name
    return "the rest"


def driver_speed(url: str, rows: int) -> float:
    """Rows per second of ``executemany()`` with an UPDATE of one row each, without any model, in its own process."""
    command = [sys.executable, __file__, url, str(rows)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main(url: str, rows: int) -> float:
    """Fill a temporary table with rows, and update each of them."""
    settings.configure(DATABASES={"default": dj_database_url.parse(url)})
    django.setup()
    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE bare (id integer PRIMARY KEY, value varchar(50))")
        cursor.executemany("INSERT INTO bare VALUES (%s, %s)", [(each, "") for each in range(rows)])
        start = time.perf_counter()
        cursor.executemany("UPDATE bare SET value = %s WHERE id = %s", [(str(each), each) for each in range(rows)])
        return rows / (time.perf_counter() - start)


if __name__ == "__main__":
    print(main(sys.argv[1], int(sys.argv[2])))
