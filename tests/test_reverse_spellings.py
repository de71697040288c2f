"""MIG301 reads a function the same way, however it gets its model and however the value is written."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Migfix
from projects import ID, migration, write_project

INITIAL = f"""
migrations.CreateModel("Post", [("id", {ID}), ("text", models.TextField()), ("rank", models.IntegerField())]),
"""
INSERTS = [
    ("from blog.models import Post", "Post.objects.create(text='a')"),
    ("from blog import models as blog_models", "blog_models.Post.objects.create(text='a')"),
    ("import blog.models", "blog.models.Post.objects.bulk_create([blog.models.Post(text='a')])"),
    ("from ..models import Post", "Post(text='a').save()"),
    ("", "from blog.models import Post\nPost.objects.create(text='a')"),
    ("", "from django.apps import apps as live\nlive.get_model('blog', 'Post').objects.create(text='a')"),
    ("", "apps.get_app_config('blog').get_model('Post').objects.create(text='a')"),
    ("", "config = apps.get_app_config('blog')\nPost = config.get_model('Post')\nPost.objects.create(text='a')"),
    ("", "get_model = apps.get_model\nPost = get_model('blog', 'Post')\nPost.objects.create(text='a')"),
    ("", "label = 'blog'\nPost = apps.get_model(label, 'Post')\nPost.objects.create(text='a')"),
    ("from django.contrib.auth import get_user_model", "get_user_model().objects.create(username='a')"),
    ("", "things = load(apps)\nthings.create(text='a')"),
]
TWICE = [
    "post.text = escape(post.text)",
    "text = escape(post.text)\n    post.text = text",
    "text = post.text\n    text = text + '!'\n    post.text = text",
    "text = post.text\n    text += '!'\n    post.text = text",
    "post.text = post.text.replace('a', 'aa')",
    "post.text = re.sub('a', 'b', post.text)",
    "post.text = {'a': 'b', 'b': 'c'}.get(post.text, post.text)",
    "post.rank = -post.rank",
    "post.rank = next_rank(post.rank)",
    "post.rank = doubled(post)",
    "setattr(post, 'rank', post.rank + 1)",
    "post.text['views'] += 1",
]
STEPS = [
    "for post in Post.objects.all():\n    if post.rank == 1:\n        post.rank = 2\n    elif post.rank == 2:\n"
    "        post.rank = 3\n    post.save()",
    "Post.objects.filter(rank=2).update(rank=3)\nPost.objects.filter(rank=1).update(rank=2)",
    "Post.objects.update(rank=Case(When(rank=1, then=Value(2)), When(rank=2, then=Value(1))))",
]
ONCE = [
    "post.text = post.text.strip() if post.rank == 1 else 'none'",
    "post.text = post.text.strip()\n    post.rank = len(post.text)",
    "post.text = post.text.strip().lower()",
    "post.text = post.text or 'none'",
    "post.text = post.text.replace('http:', 'https:')",
    "post.text = {'a': 'b', 'c': 'd'}.get(post.text, post.text)",
    "post.text = post.text[:100]",
    "post.text = escape(str(post.rank))",
    "post.rank = len(post.text)",
]


def written(root: Path, imports: str, body: str) -> Path:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    doubled = "def doubled(post):\n    return post.rank * 2\n"
    functions = f"{imports}\n\n\n{doubled}\n\ndef fill(apps, schema_editor):\n{lines}"
    text = migration("migrations.RunPython(fill),", ("blog", "0001_initial"), functions=functions)
    initial = migration(INITIAL, attributes="initial = True")
    return write_project(root, {"blog/migrations/0001_initial.py": initial, "blog/migrations/0002_fill.py": text})


def looped(line: str) -> str:
    return f"Post = apps.get_model('blog', 'Post')\nfor post in Post.objects.all():\n    {line}\n    post.save()"


@pytest.mark.parametrize(("imports", "body"), INSERTS)
def test_inserted_rows_are_found(imports: str, body: str, tmp_path: Path, forked: Migfix) -> None:
    result = forked("apply", "blog", "--select", "MIG301", "--force", cwd=written(tmp_path, imports, body))
    assert "fill() inserts rows into " in result.stdout, result.stdout
    assert result.returncode == 1


@pytest.mark.parametrize("line", TWICE)
def test_changes_that_a_second_run_repeats_are_refused(line: str, tmp_path: Path, forked: Migfix) -> None:
    result = forked("apply", "blog", "--select", "MIG301", "--force", cwd=written(tmp_path, "", looped(line)))
    assert "from its own old value" in result.stdout, result.stdout
    assert result.returncode == 1


@pytest.mark.parametrize("line", ONCE)
def test_changes_that_a_second_run_does_not_repeat_get_a_noop(line: str, tmp_path: Path, forked: Migfix) -> None:
    result = forked("apply", "blog", "--select", "MIG301", "--force", cwd=written(tmp_path, "", looped(line)))
    assert "reverse_code is a noop" in result.stdout, result.stdout
    assert result.returncode == 0


@pytest.mark.parametrize("body", STEPS)
def test_changes_in_steps_are_refused(body: str, tmp_path: Path, forked: Migfix) -> None:
    body = f"Post = apps.get_model('blog', 'Post')\n{body}"
    result = forked("apply", "blog", "--select", "MIG301", "--force", cwd=written(tmp_path, "", body))
    assert "fill() changes rank in steps" in result.stdout, result.stdout


def test_columns_of_values_list_are_followed(tmp_path: Path, forked: Migfix) -> None:
    body = (
        "Post = apps.get_model('blog', 'Post')\nfor pk, rank in Post.objects.values_list('pk', 'rank'):\n"
        "    Post.objects.filter(pk=pk).update(rank=rank * 2)"
    )
    result = forked("apply", "blog", "--select", "MIG301", "--force", cwd=written(tmp_path, "", body))
    assert "from its own old value" in result.stdout, result.stdout


@pytest.mark.parametrize(
    "code",
    ["lambda apps, schema_editor: apps.get_model('blog', 'Post').objects.create(text='a')", "partial(fill, number=3)"],
)
def test_rows_inserted_by_a_lambda_or_partial(code: str, tmp_path: Path, forked: Migfix) -> None:
    body = "apps.get_model('blog', 'Post').objects.create(text='a')"
    site = written(tmp_path, "from functools import partial", body)
    path = site / "blog/migrations/0002_fill.py"
    path.write_text(path.read_text().replace("RunPython(fill)", f"RunPython({code})"))
    result = forked("apply", "blog", "--select", "MIG301", "--force", cwd=site)
    assert "inserts rows into blog.post" in result.stdout, result.stdout


ADD = 'migrations.AddField("post", "teaser", models.TextField(null=True)),'
REMOVE = 'migrations.RemoveField("post", "text"),'
GET = "Post = apps.get_model('blog', 'Post')\n"


def copying(root: Path, body: str, before: str = ADD, after: str = REMOVE, **files: str) -> Path:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    function = f"from django.db.models import F\n\n\ndef fill(apps, schema_editor):\n{lines}"
    step = f"{before}\nmigrations.RunPython(fill),\n{after}"
    own = {
        "blog/migrations/0001_initial.py": migration(INITIAL, attributes="initial = True"),
        "blog/migrations/0002_fill.py": migration(step, ("blog", "0001_initial"), functions=function),
    }
    return write_project(root, own | {name.replace("__", "/") + ".py": text for name, text in files.items()})


def test_only_what_would_be_lost_is_copied_back(tmp_path: Path, forked: Migfix) -> None:
    more = f'{ADD}\nmigrations.AddField("post", "level", models.IntegerField(null=True)),'
    site = copying(tmp_path, f"{GET}Post.objects.update(teaser=F('text'), level=F('rank'))", more)
    forked("apply", "blog", "--select", "MIG301", "--force", cwd=site)
    text = (site / "blog/migrations/0002_fill.py").read_text()
    assert "update(text=models.F(" in text
    assert "update(rank=" not in text


@pytest.mark.parametrize(
    ("body", "before", "after"),
    [
        (
            "posts = apps.get_model('blog', 'Post').objects.filter(rank=1)\nfor post in posts:\n"
            "    post.teaser = post.text\n    post.save()",
            ADD,
            REMOVE,
        ),
        (
            f"{GET}for post in Post.objects.all():\n    post.teaser = post.text\n"
            "    post.text = post.teaser\n    post.save()",
            ADD,
            "",
        ),
        (
            f"{GET}Post.objects.update(teaser=F('text'))",
            ADD,
            'migrations.RenameField("post", "text", "old"),\nmigrations.RemoveField("post", "old"),',
        ),
    ],
)
def test_only_a_plain_copy_of_all_rows_is_copied_back(
    body: str, before: str, after: str, tmp_path: Path, forked: Migfix
) -> None:
    site = copying(tmp_path, body, before, after)
    forked("apply", "blog", "--select", "MIG301", "--force", cwd=site)
    text = (site / "blog/migrations/0002_fill.py").read_text()
    assert "RunPython.noop" not in text, text
    assert "rows.update(text=models.F" not in text or "filter(rank" not in body


def test_add_copy_and_remove_in_three_files(tmp_path: Path, forked: Migfix) -> None:
    """A column is added, copied and removed, each in its own file. Going back over all of them keeps the values."""
    site = copying(tmp_path, f"{GET}Post.objects.update(teaser=F('text'))", "", "")
    first = site / "blog/migrations/0001_initial.py"
    first.write_text(first.read_text().replace('("rank"', '("teaser", models.TextField(null=True)), ("rank"'))
    last = migration(REMOVE, ("blog", "0002_fill"))
    (site / "blog/migrations/0003_remove.py").write_text(last)
    result = forked("apply", "blog", "--select", "MIG301", "--force", cwd=site)
    assert "reverse_code copies teaser back to text." in result.stdout, result.stdout


def test_a_column_read_through_a_relation(tmp_path: Path, forked: Migfix) -> None:
    comment = (
        f'migrations.CreateModel("Comment", [("id", {ID}), ("post", models.ForeignKey("blog.Post", models.CASCADE))]),'
    )
    site = copying(
        tmp_path,
        "for each in apps.get_model('blog', 'Comment').objects.all():\n    each.text = each.post.text\n    each.save()",
        'migrations.AddField("comment", "text", models.TextField(null=True)),',
    )
    first = site / "blog/migrations/0001_initial.py"
    first.write_text(migration(f"{INITIAL}\n{comment}", attributes="initial = True"))
    result = forked("apply", "blog", "--select", "MIG301", "--force", cwd=site)
    assert "fill() reads blog.post.text, which comes back empty" in result.stdout, result.stdout


def test_a_name_that_the_file_already_uses(tmp_path: Path, forked: Migfix) -> None:
    """``router`` is a function of the file, so no code is written that would call it."""
    site = copying(tmp_path, f"{GET}Post.objects.update(teaser=F('text'))")
    path = site / "blog/migrations/0002_fill.py"
    path.write_text(path.read_text().replace("def fill(", "def router():\n    pass\n\n\ndef fill("))
    result = forked("apply", "blog", "--select", "MIG301", "--force", cwd=site)
    assert "because the file already uses router for something else" in result.stdout


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE blog_post SET teaser = text; UPDATE blog_post SET text = ''",
        "UPDATE blog_post SET rank = 3 WHERE rank = 2; UPDATE blog_post SET rank = 2 WHERE rank = 1",
    ],
)
def test_sql_with_another_result_on_a_second_run_is_refused(sql: str, tmp_path: Path, forked: Migfix) -> None:
    site = copying(tmp_path, "pass")
    path = site / "blog/migrations/0002_fill.py"
    path.write_text(migration(f'{ADD}\nmigrations.RunSQL("{sql}"),', ("blog", "0001_initial")))
    result = forked("apply", "blog", "--select", "MIG301", "--force", cwd=site)
    assert "going back and forward again would" in result.stdout, result.stdout
    assert result.returncode == 1
