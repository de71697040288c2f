"""Each operation of a new migration has a verdict with its reason, and the closing line counts them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Migfix
from projects import migration
from test_uncertain import project

FILE = "blog/migrations/0002_more.py"
KNOWN = {
    'AddField("post", "note", models.TextField(null=True))': ("safe", "existing rows get NULL"),
    'AddField("post", "note", models.TextField(default=""))': ("safe", "existing rows get its default"),
    'AddField("post", "note", models.TextField(blank=True))': ("safe", "existing rows get the empty value"),
    'AddField("post", "note", models.IntegerField())': (
        "unknown",
        "blog.post.note forbids NULL, and existing rows get no value",
    ),
    'AddField("post", "rank", models.PositiveIntegerField(default=-1))': ("decision", "MIG112"),
    'AddField("post", "note", blog.fields.Note(null=True))': (
        "unknown",
        "blog.post.note is a blog.fields.Note, which isn't a field of Django's",
    ),
    'AddField("post", "same", models.GeneratedField(expression=models.F("size"), db_persist=True, '
    "output_field=models.IntegerField()))": ("safe", "the database computes it from the row"),
    'AddField("post", "half", models.GeneratedField(expression=models.F("size") / 0, db_persist=True, '
    "output_field=models.IntegerField()))": (
        "unknown",
        "the database computes blog.post.half for each row, and that may fail, or the value may not fit",
    ),
    'AddField("post", "less", models.GeneratedField(expression=models.F("size"), db_persist=True, '
    "output_field=models.SmallIntegerField()))": (
        "unknown",
        "the database computes blog.post.less for each row, and that may fail, or the value may not fit",
    ),
    'AddField("post", "one", models.GeneratedField(expression=models.F("size"), db_persist=True, unique=True, '
    "output_field=models.IntegerField()))": (
        "unknown",
        "the database computes blog.post.one for each row, and rows may have equal values",
    ),
    'AddField("post", "Size", models.IntegerField(null=True))': (
        "unknown",
        "blog.post gets columns that SQLite, MySQL and MariaDB take for one, Size and size, of its field size",
    ),
    'RemoveField("post", "size")': ("rewritten", "MIG302"),
    'AlterField("post", "size", models.IntegerField(db_collation="C", unique=True))': ("decision", "MIG111"),
    'AlterField("post", "size", models.FloatField(weight=3))': (
        "unknown",
        "what weight of blog.post.size does to rows isn't known",
    ),
    'AlterField("post", "author", models.ForeignKey("blog.author", models.CASCADE, db_constraint=False))': (
        "safe",
        "its values keep their type",
    ),
    'AlterField("post", "author", models.BigIntegerField())': (
        "unknown",
        "blog.post.author is no relation any more, and keeps its keys as values",
    ),
    'AlterField("post", "size", models.ForeignKey("blog.author", models.CASCADE))': (
        "unknown",
        "blog.post.size is a foreign key now, and existing values may point at no row",
    ),
    'AddIndex("post", models.Index(fields=["size"], name="i"))': ("safe", "indexes don't change rows"),
    'AddIndex("post", models.Index(models.F("size") / 2, name="i"))': (
        "unknown",
        "the index is computed for each row, and the expression may fail",
    ),
    'RunSQL("SELECT 1", "")': ("code", "it runs code of this file"),
    "RunPython(blog.fill.fill, migrations.RunPython.noop)": ("unknown", "it runs code that isn't in this file"),
    "SeparateDatabaseAndState([], [])": ("safe", "it changes the state only"),
    'RenameField("post", "size", "length")': ("safe", "the column keeps its values"),
    'DeleteModel("post")': ("safe", "it removes the table with its rows, as written"),
    'AlterModelTable("post", "posts")': ("safe", "the table keeps its rows"),
    'AddField("post", "other", models.IntegerField(null=True, db_column="size"))': (
        "unknown",
        "blog.post already has the column size, of its field size",
    ),
    'AlterField("post", "size", models.IntegerField(db_column="author_id"))': (
        "unknown",
        "blog.post already has the column author_id, of its field author",
    ),
    'AlterModelOptions("post", {"managed": False})': (
        "unknown",
        "Django doesn't manage the table of blog.post any more, and leaves blog_post as it is",
    ),
    'AlterModelTable("post", "blog_author")': ("unknown", "blog.author already has the table blog_author"),
    'AlterUniqueTogether("post", {("size", "name")})': ("unknown", "blog.post doesn't have name at this point"),
    'AddIndex("post", models.Index(fields=["-name"], name="i"))': (
        "unknown",
        "blog.post doesn't have name at this point",
    ),
    'AddField("post", "first", models.ForeignKey("blog.post", models.CASCADE, null=True, to_field="size"))': (
        "unknown",
        "blog.post.size, which it points at, isn't unique at this point",
    ),
    'AddField("post", "first", models.ForeignKey("blog.author", models.CASCADE, default=1))': (
        "unknown",
        "existing rows get the default of blog.post.first, and row 1 must be there before it",
    ),
    'AddField("post", "key", models.UUIDField(default=uuid.uuid4))': (
        "safe",
        "all existing rows get one value of its default",
    ),
    'AddConstraint("post", models.UniqueConstraint(models.functions.Now(), name="u"))': (
        "unknown",
        "rows of blog.post may be equal in the expression of the constraint",
    ),
    'AlterField("post", "size", models.CharField(max_length=900, db_index=True))': (
        "unknown",
        "MySQL can't index size: 900 characters take up to 3600 bytes, of 3072",
    ),
    'AddIndex("post", models.Index(fields=["long"], name="i"))': (
        "unknown",
        "MySQL can't index long: 800 characters take up to 3200 bytes, of 3072",
    ),
    'AddField("post", "name", models.CharField(max_length=900, default="", db_index=True))': (
        "unknown",
        "MySQL can't index name: 900 characters take up to 3600 bytes, of 3072",
    ),
    "Reindex()": ("unknown", "an operation of another class than Django's isn't read"),
}


def verdicts(forked: Migfix, root: Path, *options: str) -> list[tuple[str, str]]:
    result = forked("check", FILE, "--output-format", "json", *options, cwd=root)
    return [(each["verdict"], each["why"]) for each in json.loads(result.stdout)["operations"]]


@pytest.mark.parametrize("operation", KNOWN)
def test_known(tmp_path: Path, forked: Migfix, operation: str) -> None:
    assert verdicts(forked, project(tmp_path, operation)) == [KNOWN[operation]]


def test_a_table_of_this_file_has_no_rows(tmp_path: Path, forked: Migfix) -> None:
    create = 'CreateModel("tag", fields=[("id", models.BigAutoField(primary_key=True))]),'
    root = project(tmp_path, f'{create}\n        migrations.AddField("tag", "key", models.UUIDField(unique=True))')
    why = "its table has no rows yet, or no table belongs to its model"
    assert verdicts(forked, root) == [("safe", "it makes a new table"), ("safe", why)]


def test_a_rule_that_is_off_judges_nothing(tmp_path: Path, forked: Migfix) -> None:
    root = project(tmp_path, 'AlterField("post", "size", models.IntegerField(unique=True))')
    assert verdicts(forked, root, "--ignore", "MIG111") == [("unjudged", "MIG111 is off")]
    assert verdicts(forked, root) == [("decision", "MIG111")]
    assert verdicts(forked, root, "--duplicates", "blog.post.size=first") == [("rewritten", "MIG111")]


NUMBER = """
def number(apps, schema_editor):
    for post in apps.get_model("blog", "post").objects.using(schema_editor.connection.alias):
        post.size = post.pk
        post.save()
"""


@pytest.mark.parametrize(
    "operation",
    [
        'AlterField("post", "size", models.IntegerField(unique=True))',
        'AlterField("post", "size", models.PositiveIntegerField())',
        'AddConstraint("post", models.UniqueConstraint(fields=["size"], name="u"))',
        'AddConstraint("post", models.CheckConstraint(condition=models.Q(size__gt=0), name="c"))',
        'AlterUniqueTogether("post", {("author", "label"), ("size", "label")})',
    ],
)
def test_what_a_step_of_the_author_prepares_is_up_to_it(tmp_path: Path, forked: Migfix, operation: str) -> None:
    """The rules leave it alone, and nobody knows what the step writes: it isn't safe on any rows."""
    root = project(tmp_path, f"RunPython(number, migrations.RunPython.noop),\n        migrations.{operation}")
    path = root / FILE
    path.write_text(path.read_text().replace("\nclass ", f"{NUMBER}\n\nclass "))
    assert verdicts(forked, root)[1] == ("code", "a step of this file writes the column")
    path.write_text(path.read_text().replace("post.size =", "post.long ="))
    assert verdicts(forked, root)[1][0] == "decision"


def test_what_a_rewrite_leaves_is_not_safe(tmp_path: Path, forked: Migfix) -> None:
    """The rule on NULLs rewrites the operation. Its new index may still fail."""
    before = 'AddField("post", "name", models.CharField(max_length=900, null=True)),\n        migrations.'
    operation = 'AlterField("post", "name", models.CharField(max_length=900, db_index=True))'
    root = project(tmp_path, before + operation)
    why = "MySQL can't index name: 900 characters take up to 3600 bytes, of 3072; the rest is rewritten (MIG103)"
    assert verdicts(forked, root)[1] == ("unknown", why)


def test_a_proxy_that_gets_a_table_has_none_of_the_rows(tmp_path: Path, forked: Migfix) -> None:
    create = 'CreateModel("writer", fields=[("id", models.BigAutoField(primary_key=True))])'
    root = project(tmp_path, f'DeleteModel("writer"),\n        migrations.{create}')
    first = root / "blog/migrations/0001_initial.py"
    proxy = 'migrations.CreateModel("writer", fields=[], options={"proxy": True}, bases=("blog.author",)),\n    ]'
    first.write_text(first.read_text().replace("\n    ]", f"\n        {proxy}"))
    assert verdicts(forked, root)[1] == ("unknown", "blog.writer was a proxy, and the new table has none of its rows")


def test_a_suppressed_finding_is_not_safe(tmp_path: Path, forked: Migfix) -> None:
    operation = 'AlterField("post", "size", models.IntegerField(unique=True))'
    root = project(tmp_path, operation)
    path = root / FILE
    path.write_text(path.read_text().replace(f"{operation},", f"{operation},  # migfix: ignore[MIG111]"))
    assert verdicts(forked, root) == [("unjudged", "its finding is suppressed")]


@pytest.mark.parametrize("code", ["[MIG002]", "", "[MIG0]"])
def test_uncertain_operations_can_be_accepted(tmp_path: Path, forked: Migfix, code: str) -> None:
    """With a comment, which is then not unused, or with the configuration."""
    root = project(tmp_path, "Reindex()")
    assert verdicts(forked, root, "--ignore", "MIG002") == [("unjudged", "MIG002 is suppressed")]
    path = root / FILE
    path.write_text(path.read_text().replace("Reindex(),", f"Reindex(),  # migfix: ignore{code}"))
    result = forked("check", FILE, "--strict", cwd=root)
    told = "1 operation: 1 not judged\nnothing to do: 1 migration checked\n"
    assert (result.returncode, result.stdout, result.stderr) == (0, told, "")
    path.write_text(path.read_text().replace("Reindex()", 'RenameField("post", "size", "length")'))
    assert ("is an unused ignore comment" in forked("check", FILE, cwd=root).stderr) == bool(code)


def test_uncertain_operations_can_be_accepted_for_each_file(tmp_path: Path, forked: Migfix) -> None:
    root = project(tmp_path, "Reindex()")
    (root / "pyproject.toml").write_text('[tool.migfix.per-file-ignores]\n"blog/*" = ["MIG002"]\n')
    assert forked("check", FILE, cwd=root).stderr == ""


def test_verbose(tmp_path: Path, forked: Migfix) -> None:
    root = project(tmp_path, 'RunSQL("SELECT 1", ""),\n        migrations.RenameField("post", "size", "length")')
    result = forked("check", FILE, "-v", cwd=root)
    line = next(i for i, text in enumerate((root / FILE).read_text().splitlines(), 1) if "RunSQL" in text)
    assert result.stdout == (
        f"{FILE}:{line}: RunSQL: runs your code (it runs code of this file)\n"
        f"{FILE}:{line + 1}: RenameField post.size: safe on any rows (the column keeps its values)\n"
        "2 operations: 1 safe on any rows, 1 runs your code\n"
        "nothing to do: 1 migration checked\n"
    )
    (run,) = json.loads(forked("check", FILE, "--output-format", "sarif", cwd=root).stdout)["runs"]
    assert run["properties"]["migfix/operations"] == result.stdout.splitlines()[:2]


def test_a_proxy_is_the_model_that_it_stands_for(tmp_path: Path, forked: Migfix) -> None:
    """A key that moves from a model to its proxy keeps pointing at the same rows."""
    proxy = 'migrations.CreateModel("writer", fields=[], options={"proxy": True}, bases=("blog.author",)),'
    root = project(tmp_path, 'AlterField("post", "author", models.ForeignKey("blog.writer", models.CASCADE))')
    first = root / "blog/migrations/0001_initial.py"
    first.write_text(first.read_text().replace("operations = [", f"operations = [{proxy}"))
    assert verdicts(forked, root) == [("safe", "its values keep their type")]


def test_deployed_migrations_have_no_verdict(tmp_path: Path, forked: Migfix) -> None:
    root = project(tmp_path, "Reindex()")
    third = migration('        migrations.RemoveField("post", "size"),', ("blog", "0002_more"))
    (root / "blog" / "migrations" / "0003_last.py").write_text(third)
    assert len(verdicts(forked, root)) == 1


@pytest.mark.parametrize(
    "sql", ["CREATE VIEW names AS SELECT size FROM blog_post", "create or replace view v as select * from blog_post"]
)
def test_a_view_over_the_table(tmp_path: Path, forked: Migfix, sql: str) -> None:
    """Databases refuse to change its columns, or drop it with one, without a word."""
    root = project(tmp_path, 'RemoveField("post", "size")')
    view = migration(f'migrations.RunSQL("{sql}", "DROP VIEW names"),', ("blog", "0001_initial"))
    (root / "blog/migrations/0000_view.py").write_text(view)
    why = (
        "the view that blog.0000_view makes may use it: databases refuse such a change, or drop the view with the "
        "column"
    )
    found = verdicts(forked, root, "--ignore", "MIG302")
    assert found == [("unknown", why)]
    (root / "blog/migrations/0000_view.py").write_text(view.replace("blog_post", "shop_post"))
    assert verdicts(forked, root, "--ignore", "MIG302")[0][0] == "safe"
