"""MIG105 and ``__str__``: a row that is stored as text must keep the text of the model's own ``__str__()``."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Migfix
from projects import ID, migration, write_project

MODELS = """
from django.db import models


class Author(models.Model):
    name = models.CharField(max_length=50)

    def __str__(self):
        return self.name


class Post(models.Model):
    author = models.ForeignKey(Author, models.CASCADE)
    title = models.CharField(max_length=50)
    slug = models.CharField(max_length=80)

    def __str__(self):
        return self.title
"""
INITIAL = f"""
migrations.CreateModel("Author", [("id", {ID}), ("name", models.CharField(max_length=50))]),
migrations.CreateModel("Post", [
    ("id", {ID}),
    ("author", models.ForeignKey("blog.Author", models.CASCADE)),
    ("title", models.CharField(max_length=50)),
    ("slug", models.CharField(max_length=80)),
]),
"""
LOOP = "for post in Post.objects.all():\n    {}\n    post.save()"

OF_A_ROW = [
    LOOP.format("post.slug = str(post)"),
    LOOP.format('post.slug = f"{post}"'),
    LOOP.format('post.slug = f"{post!r}"'),
    LOOP.format('post.slug = f"by {post.author}"'),
    LOOP.format('post.slug = "%s" % post'),
    LOOP.format('post.slug = "%s %s" % (post.pk, post)'),
    LOOP.format('post.slug = "%(post)s" % {"post": post}'),
    LOOP.format('post.slug = "{}".format(post)'),
    LOOP.format('post.slug = "{p}".format(p=post)'),
    LOOP.format("post.slug = post.__str__()"),
    LOOP.format("post.slug = post"),
    LOOP.format("post.slug = label(post)"),
    LOOP.format("text = str\n    post.slug = text(post)"),
    "post = Post.objects.first()\nPost.objects.update(slug=str(post))",
    "post = Post.objects.get(pk=1)\npost.slug = f'{post}'\npost.save()",
    "Post.objects.update(slug=', '.join(map(str, Post.objects.all())))",
    "Post.objects.update(slug=', '.join(map(slugify, Post.objects.all())))",
    "for number, post in enumerate(sorted(Post.objects.all(), key=str)):\n    post.slug = number\n    post.save()",
    "posts = list(Post.objects.all())\nposts.sort(key=str)\nposts[0].delete()",
    "max(Post.objects.all(), key=str).delete()",
    "Post.objects.update(slug=', '.join([str(post) for post in Post.objects.all()]))",
    "Post.objects.update(slug=', '.join(f'{post}' for number, post in enumerate(Post.objects.all())))",
    "Post.objects.update(slug=str(Post(title='a')))",
    "post = Post(title='a')\nPost.objects.update(slug=str(post))",
    "posts = list(Post.objects.all())\nPost.objects.update(slug=str(posts[0]))",
    "post, is_new = Post.objects.get_or_create(title='a')\nPost.objects.update(slug=str(post))",
    "by_title = {post.title: post for post in Post.objects.all()}\nPost.objects.update(slug=str(by_title['a']))",
    "for post in Post.objects.all():\n    Post.objects.filter(pk=post.pk).update(slug=post)",
]
OF_A_ROW += [
    "posts = []\nfor post in Post.objects.all():\n    posts.append(post)\nfor each in posts:\n"
    "    Post.objects.update(slug=str(each))",
    "posts = {}\nfor post in Post.objects.all():\n    posts[post.pk] = post\nPost.objects.update(slug=str(posts[1]))",
]
OF_SOMETHING_ELSE = [
    "titles = sorted(Post.objects.values_list('title', flat=True), key=str)\nPost.objects.update(slug=titles[0])",
    LOOP.format("post.slug = str(post.pk)"),
    LOOP.format('post.slug = f"{post.title}-{post.author_id}"'),
    LOOP.format('post.slug = "{p.title}".format(p=post)'),
    LOOP.format('post.slug = f"{post.author.name}"'),
    LOOP.format("print(post)"),
    LOOP.format('print(f"{post}")'),
    "for number, post in enumerate(Post.objects.all()):\n    post.slug = f'{number}'\n    post.save()",
    "Post.objects.update(slug=f'{Post.objects.count()}')",
    "for title in Post.objects.values_list('title', flat=True):\n    Post.objects.update(slug=f'{title}')",
    "for row in Post.objects.values('title'):\n    Post.objects.update(slug=str(row['title']))",
    "for post in Post.objects.all():\n    if not post.title:\n        raise ValueError(f'{post} has no title')",
    "for name in ('a', 'b'):\n    Post.objects.update(slug=f'{name}')",
]


def written(root: Path, body: str) -> Path:
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    functions = "def label(thing):\n    return f'{thing}'\n\n\ndef fill(apps, schema_editor):\n" + lines
    text = migration(
        "migrations.RunPython(fill, migrations.RunPython.noop),", ("blog", "0001_initial"), functions=functions
    )
    return write_project(
        root,
        {
            "blog/models.py": MODELS,
            "blog/migrations/0001_initial.py": migration(INITIAL, attributes="initial = True"),
            "blog/migrations/0002_fill.py": text.replace("\n\n\n", "\n\nfrom blog.models import Post\n\n\n", 1),
        },
    )


@pytest.mark.parametrize("body", OF_A_ROW)
def test_the_text_of_a_row_is_refused(body: str, tmp_path: Path, forked: Migfix) -> None:
    result = forked("apply", "blog", "--select", "MIG105", "--force", cwd=written(tmp_path, body))
    assert "__str__() is the live model's own" in result.stdout, result.stdout
    assert result.returncode == 1


@pytest.mark.parametrize("body", OF_SOMETHING_ELSE)
def test_other_texts_are_rewritten(body: str, tmp_path: Path, forked: Migfix) -> None:
    result = forked("apply", "blog", "--select", "MIG105", "--force", cwd=written(tmp_path, body))
    assert "1 file rewritten" in result.stdout, result.stdout
    assert "Post = apps.get_model(" in (tmp_path / "blog/migrations/0002_fill.py").read_text()
