"""A comment in a rewritten file is kept, wherever it is."""

from __future__ import annotations

import io
import re
import tokenize
from pathlib import Path
from random import Random
from tokenize import COMMENT

import pytest
from cases import Case, all_cases, contents
from conftest import Migfix
from projects import POST, migration, write_project
from test_fixtures import flags

REWRITTEN = [case for case in all_cases() if case.is_rewritten]


@pytest.mark.parametrize("case", REWRITTEN, ids=lambda case: case.name)
def test_a_comment_anywhere(case: Case, tmp_path: Path, forked: Migfix) -> None:
    """The comment is at the end of a line or above it, at a random place that differs for each case."""
    root = case.copy_before(tmp_path / "project")
    random = Random(case.name)
    files = [path for path in sorted((case.folder / "after").rglob("*.py")) if path.stat().st_size]
    paths = [path.relative_to(case.folder / "after") for path in files]
    path = root / random.choice([each for each in paths if (root / each).exists()] or [Path(case.config["paths"][0])])
    if not path.is_file():
        pytest.skip("the case names folders, and all of its files are new")
    before = path.read_bytes()
    path.write_bytes(next(text for _ in range(100) if _has_comment(text := _with_comment(before, random))))
    result = forked("apply", *case.config["paths"], *flags(case), cwd=root)
    assert sum(text.count(b"# kept 7") for text in contents(root).values()) >= 1, result.stdout + result.stderr


def _has_comment(source: bytes) -> bool:
    """Whether the source is still valid Python, and the comment isn't part of a string."""
    source = re.sub(rb"\.(\d{4}_\w+)\.", rb"_\1_", source)  # what squashmigrations leaves
    try:
        compile(source, "x", "exec")
        return any(
            each.string == "# kept 7" for each in tokenize.tokenize(io.BytesIO(source).readline) if each.type == COMMENT
        )
    except (SyntaxError, tokenize.TokenError):
        return False


def _with_comment(source: bytes, random: Random) -> bytes:
    lines = source.splitlines(keepends=True)
    place = random.randrange(len(lines))
    line = lines[place]
    end = line[len(line.rstrip(b"\r\n")) :]
    if random.random() < 0.5 and line.strip() and b"#" not in line:
        lines[place] = line.rstrip() + b"  # kept 7" + end
    else:
        indent = re.match(rb" *", line)
        lines.insert(place, (indent.group() if indent else b"") + b"# kept 7" + (end or b"\n"))
    return b"".join(lines)


SPREAD = """from django.db import migrations, models
import uuid


class Migration(migrations.Migration):
    dependencies = [("blog", "0001_initial")]
    operations = [
        migrations.AddField("post", "u", models.UUIDField(
            # unique, see #12
            default=uuid.uuid4,
            unique=True)),
        migrations.RemoveField("post", "title"),
    ]
"""


def test_a_comment_stays_with_its_operation(tmp_path: Path, forked: Migfix) -> None:
    first = migration(POST, attributes="initial = True")
    root = write_project(tmp_path, {"blog/migrations/0001_initial.py": first, "blog/migrations/0002_u.py": SPREAD})
    assert forked("apply", "blog", "--force", cwd=root).returncode == 0
    lines = (root / "blog/migrations/0002_u.py").read_text().splitlines()
    place = next(number for number, line in enumerate(lines) if "see #12" in line)
    assert "AddField" in lines[place + 1]
