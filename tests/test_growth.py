"""Time and memory grow with the file, not with its square. The limits are several times what one run takes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from conftest import Migfix
from projects import POST, migration, write_project

UNIQUE = 'migrations.AddField("post", "f{}", models.UUIDField(default=uuid.uuid4, unique=True)),'
PLAIN = 'migrations.AddField("post", "f{}", models.IntegerField(null=True)),'
MADE = 'migrations.AddField("post", "f{}", models.IntegerField(default=0), preserve_default=False),'
REMOVED = 'migrations.RemoveField("post", "f{}"),'


@pytest.mark.parametrize(
    ("first", "second", "count", "options"),
    [
        ("", UNIQUE, 100, []),
        ("", UNIQUE, 100, ["--output-format", "sarif"]),
        (MADE, REMOVED, 150, []),
        ("", PLAIN, 5000, []),
    ],
    ids=["unique fields", "sarif", "removed fields", "operations"],
)
def test_growth(first: str, second: str, count: int, options: list[str], tmp_path: Path) -> None:
    before = "\n".join([POST, *(first.format(number) for number in range(count))])
    after = "\n".join(second.format(number) for number in range(count))
    root = write_project(
        tmp_path,
        {
            "blog/migrations/0001_initial.py": migration(before, attributes="initial = True"),
            "blog/migrations/0002_more.py": migration(after, ("blog", "0001_initial"), functions="import uuid\n"),
        },
    )
    command = [sys.executable, "-m", "migfix", "check", "blog/migrations/0002_more.py", "--force", *options]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout
        said = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
    assert os.waitstatus_to_exitcode(status) in (0, 1), said
    assert usage.ru_utime + usage.ru_stime < 12, f"{usage.ru_utime:.1f} seconds"
    assert usage.ru_maxrss / 1024 < 300, f"{usage.ru_maxrss / 1024:.0f} MB"


def test_one_fix_that_cannot_be_made_among_many(tmp_path: Path, migfix: Migfix) -> None:
    """The others are made together. One at a time would need a round for each of them."""
    files = {"blog/migrations/0001_initial.py": migration(POST, attributes="initial = True")}
    before = ("blog", "0001_initial")
    for number in range(40):
        name, is_last = f"{number + 2:04}_more", number == 39
        functions = "import uuid\n\nrouter = None\n" if is_last else "import uuid\n"
        files[f"blog/migrations/{name}.py"] = migration(UNIQUE.format(number), before, functions=functions)
        before = ("blog", name)
    result = migfix("check", "blog", "--force", "--output-format", "json", cwd=write_project(tmp_path, files))
    assert result.returncode == 1, result.stderr
    findings = json.loads(result.stdout)["findings"]
    assert [each["path"] for each in findings if each["is_refused"]] == ["blog/migrations/0041_more.py"]
    assert len(findings) == 40
