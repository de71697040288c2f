"""Operations that no rule answers for are named as MIG002, and those that are safe on any rows aren't."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from conftest import Migfix
from projects import migration

FIRST = """
        migrations.CreateModel("author", fields=[("id", models.BigAutoField(primary_key=True))]),
        migrations.CreateModel("editor", fields=[("id", models.BigAutoField(primary_key=True))]),
        migrations.CreateModel(
            "post",
            fields=[
                ("id", models.BigAutoField(primary_key=True)),
                ("size", models.IntegerField()),
                ("long", models.CharField(max_length=800, null=True)),
                ("label", models.CharField(max_length=50)),
                ("author", models.ForeignKey("blog.author", models.CASCADE)),
            ],
            options={"unique_together": {("author", "label")}},
        ),
"""

UNCERTAIN = {
    'AlterField("post", "author", models.ForeignKey("blog.editor", models.CASCADE))': (
        "blog.post.author points at another model, and keys keep their numbers"
    ),
    'AlterField("post", "id", models.UUIDField(primary_key=True))': (
        "the primary key of blog.post becomes a UUIDField, and so do all keys that point at it"
    ),
    'AlterField("post", "size", models.IntegerField(primary_key=True))': "the primary key of blog.post changes",
    'AddField("post", "key", models.UUIDField(primary_key=True))': "blog.post gets another primary key, key",
    'RemoveField("post", "id")': "blog.post loses its primary key, id",
    'AlterField("post", "size", models.GeneratedField(expression=models.F("id"), db_persist=True))': (
        "blog.post.size is a generated field, which Django can't alter"
    ),
    'AlterField("post", "label", models.CharField(max_length=50, db_collation="nocase"))': (
        "values of blog.post.label that differ now may be equal in the new collation"
    ),
    'SeparateDatabaseAndState([AddField("post", "code", models.CharField(default="", max_length=9, unique=True))])': (
        "MIG102 can't look at operations inside SeparateDatabaseAndState"
    ),
    'SeparateDatabaseAndState([AlterField("post", "label", models.CharField(max_length=5))])': (
        "MIG110 can't look at operations inside SeparateDatabaseAndState"
    ),
}

SAFE = (
    'AlterField("post", "size", models.BigIntegerField())',
    'AlterField("post", "size", models.IntegerField(help_text="in bytes"))',
    'AlterField("post", "author", models.ForeignKey("blog.author", models.PROTECT))',
    'AlterField("post", "long", models.CharField(db_collation="nocase", max_length=800, null=True))',
    'AddField("post", "note", models.TextField(null=True))',
    'AlterModelOptions("post", {"ordering": ["id"]})',
    'SeparateDatabaseAndState([AddField("post", "note", models.TextField(null=True))])',
    'SeparateDatabaseAndState([RemoveField("post", "size")])',
    'SeparateDatabaseAndState([AlterField("post", "size", models.BigIntegerField(null=True))])',
)


def project(root: Path, operation: str) -> Path:
    (root / "blog" / "migrations").mkdir(parents=True)
    (root / "manage.py").touch()
    (root / "blog" / "migrations" / "0001_initial.py").write_text(migration(FIRST))
    operation = re.sub(r"(?<=\(\[)(?=[A-Z])", "migrations.", operation)
    second = migration(f"        migrations.{operation},", ("blog", "0001_initial"))
    (root / "blog" / "migrations" / "0002_more.py").write_text(second)
    return root


@pytest.mark.parametrize("operation", UNCERTAIN, ids=lambda text: text.partition("(models.")[0])
def test_named(tmp_path: Path, forked: Migfix, operation: str) -> None:
    """Once, and not beside a finding of a rule. The exit code is 0, and 1 with ``--strict``."""
    root = project(tmp_path, operation)
    options = ["blog/migrations/0002_more.py", "--select", "MIG102"]
    result = forked("check", *options, cwd=root)
    named = [line for line in result.stderr.splitlines() if "MIG002" in line]
    why = UNCERTAIN[operation]
    begin = "MIG002: migfix can't tell whether this is safe on existing rows"
    assert [line.partition(": ")[2] for line in named] == [f"{begin}: {why}."], result.stderr
    assert result.stdout == "1 operation: 1 can't be judged\nnothing to do: 1 migration checked\n"
    assert result.returncode == 0
    assert forked("check", *options, "--strict", cwd=root).returncode == 1
    listed = json.loads(forked("check", *options, "--output-format", "json", cwd=root).stdout)["uncertain"]
    assert [each["why"] for each in listed] == [why]
    (run,) = json.loads(forked("check", *options, "--output-format", "sarif", cwd=root).stdout)["runs"]
    assert [(each["ruleId"], each["level"]) for each in run["results"]] == [("MIG002", "note")]
    assert [each["id"] for each in run["tool"]["driver"]["rules"]] == ["MIG002"]
    notice = forked("check", *options, "--output-format", "github", cwd=root).stdout
    assert notice.startswith("::notice title=MIG002,file=blog/migrations/0002_more.py,line=")
    (issue,) = json.loads(forked("check", *options, "--output-format", "gitlab", cwd=root).stdout)
    said = f"{begin.partition(': ')[2]}: {why}."
    assert (issue["check_name"], issue["description"], issue["severity"]) == ("MIG002", said, "info")


@pytest.mark.parametrize("operation", SAFE)
def test_silent(tmp_path: Path, forked: Migfix, operation: str) -> None:
    result = forked("check", "blog/migrations/0002_more.py", cwd=project(tmp_path, operation))
    assert (result.stdout, result.stderr) == (
        "1 operation: 1 safe on any rows\nnothing to do: 1 migration checked\n",
        "",
    )


def test_explained(forked: Migfix, tmp_path: Path) -> None:
    assert forked("explain", "mig002", cwd=tmp_path).stdout.startswith("# MIG002\n\n**migfix can't tell whether")
