"""MIG301 reads a function alike, however its model came to it and however the value is spelled."""

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
]
ONCE = [
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
    functions = f"{imports}\n\n\ndef fill(apps, schema_editor):\n{lines}"
    text = migration("migrations.RunPython(fill),", ("blog", "0001_initial"), functions=functions)
    initial = migration(INITIAL, attributes="initial = True")
    return write_project(root, {"blog/migrations/0001_initial.py": initial, "blog/migrations/0002_fill.py": text})


def looped(line: str) -> str:
    return f"Post = apps.get_model('blog', 'Post')\nfor post in Post.objects.all():\n    {line}\n    post.save()"


@pytest.mark.parametrize(("imports", "body"), INSERTS)
def test_rows_that_are_made_are_seen(imports: str, body: str, tmp_path: Path, forked: Migfix) -> None:
    result = forked("apply", "blog", "--select", "MIG301", "--force", cwd=written(tmp_path, imports, body))
    assert "fill() inserts rows into " in result.stdout, result.stdout
    assert result.returncode == 1


@pytest.mark.parametrize("line", TWICE)
def test_what_a_second_run_would_do_again_is_refused(line: str, tmp_path: Path, forked: Migfix) -> None:
    result = forked("apply", "blog", "--select", "MIG301", "--force", cwd=written(tmp_path, "", looped(line)))
    assert "from its own old value" in result.stdout, result.stdout
    assert result.returncode == 1


@pytest.mark.parametrize("line", ONCE)
def test_what_a_second_run_leaves_alone_gets_a_noop(line: str, tmp_path: Path, forked: Migfix) -> None:
    result = forked("apply", "blog", "--select", "MIG301", "--force", cwd=written(tmp_path, "", looped(line)))
    assert "reverse_code is a noop" in result.stdout, result.stdout
    assert result.returncode == 0
