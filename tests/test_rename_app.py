"""``migfix rename-app``: databases on which the app ran under its old label, and new ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import Migfix
from projects import git
from test_leftovers import run_sql
from test_squash import database, django_admin
from test_squash_finish import dump

SETTINGS = """
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", "{app}", "shop"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
DATABASES = {{"default": {database!r}}}
"""
FIRST = """
from django.conf import settings
from django.db import models


class Tag(models.Model):
    name = models.CharField(max_length=50)


class Entry(models.Model):
    title = models.CharField(max_length=50, default="blog")
    tags = models.ManyToManyField(Tag)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True)
    parent = models.ForeignKey("self", models.CASCADE, null=True)
"""
RENAMED = FIRST.replace("class Entry", "class Post")
SECOND = (
    RENAMED
    + """
    kind = models.CharField(max_length=9, choices=[("blog", "Blog")], default="blog")

    class Meta:
        indexes = [models.Index(fields=["title"], name="post_title")]


class Named(models.Model):
    name = models.CharField(max_length=5)

    class Meta:
        db_table = "own_name"
        verbose_name = "blog"
"""
)
SHOP = """
from django.db import models


class Item(models.Model):
    post = models.ForeignKey("blog.Post", models.CASCADE, null=True)
"""
FUNCTION = """

def fill(apps, schema_editor):
    Post = apps.get_model("blog", "Post")
    Tag = apps.get_model('blog.Tag')
    Tag.objects.using(schema_editor.connection.alias).get_or_create(name="blog")


class Migration("""


def settings_for(root: Path, app: str, database_settings: dict[str, Any]) -> None:
    (root / "settings.py").write_text(SETTINGS.format(app=app, database=database_settings))


def written(root: Path, database_settings: dict[str, Any]) -> None:
    """Write the project with makemigrations, under the label blog."""
    for app, text in (("blog", FIRST), ("shop", "")):
        (root / app / "migrations").mkdir(parents=True)
        for name in ("__init__.py", "migrations/__init__.py"):
            (root / app / name).touch()
        (root / app / "models.py").write_text(text)
    settings_for(root, "blog", database_settings)
    made(root, "")
    (root / "blog/models.py").write_text(RENAMED)
    made(root, "y\n")
    (root / "blog/models.py").write_text(SECOND)
    made(root, "")
    (root / "shop/models.py").write_text(SHOP)
    made(root, "")
    path = root / "shop/migrations/0001_initial.py"
    text = path.read_text().replace("\n\nclass Migration(", FUNCTION)
    path.write_text(
        text.replace(
            "operations = [\n", "operations = [\n        migrations.RunPython(fill, migrations.RunPython.noop),\n"
        )
    )


def made(root: Path, answers: str) -> None:
    done = django_admin(root, "makemigrations", answers=answers)
    assert done.returncode == 0, done.stdout + done.stderr


def migrate(root: Path, *arguments: str) -> str:
    done = django_admin(root, "migrate", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stdout


def rename(root: Path, database_settings: dict[str, Any]) -> None:
    """What a person does: the folder, INSTALLED_APPS, and the key of another app."""
    (root / "blog").rename(root / "news")
    settings_for(root, "news", database_settings)
    path = root / "shop/models.py"
    path.write_text(path.read_text().replace("blog.Post", "news.Post"))


def content(root: Path) -> dict[str, Any]:
    return {
        name: (sorted(columns), sorted(map(sorted, rows)))
        for name, (columns, rows) in dump(root).items()
        if not name.startswith(("auth", "django"))
    }


ROWS = (
    "INSERT INTO blog_post (title, kind) VALUES ('a', 'blog')",
    "INSERT INTO blog_post_tags (post_id, tag_id) VALUES (1, 1)",
    "INSERT INTO own_name (name) VALUES ('n')",
    "INSERT INTO shop_item (post_id) VALUES (1)",
)


@pytest.mark.parametrize("applied", ["all", "some"])
def test_a_database_that_ran_it(applied: str, tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    root = tmp_path / "project"
    with database(some_engine, tmp_path) as settings:
        written(root, settings)
        if applied == "some":
            migrate(root, "blog", "0001")
            run_sql(root, "INSERT INTO blog_entry (title) VALUES ('a')", "INSERT INTO blog_tag (name) VALUES ('t')")
        else:
            migrate(root)
            run_sql(root, *ROWS)
        rename(root, settings)
        result = forked("rename-app", "blog", "news", "--settings", "settings", cwd=root)
        assert result.returncode == 0, result.stderr
        assert "Applying news" in migrate(root)
        assert "No changes detected" in django_admin(root, "makemigrations", "--check").stdout
        deployed = content(root)
        assert {"news_post", "news_post_tags", "news_tag", "own_name", "shop_item"} == set(deployed)
        assert deployed["news_post"][1]
        count = (
            "from django.contrib.contenttypes.models import ContentType as C; "
            "print(sorted(C.objects.filter(app_label__in=['blog', 'news']).values_list('app_label', 'model')))"
        )
        types = django_admin(root, "shell", "-v", "0", "-c", count).stdout
        entry = "('news', 'entry'), " if applied == "some" else ""  # it was still to be renamed
        assert types.strip() == f"[{entry}('news', 'named'), ('news', 'post'), ('news', 'tag')]"
        migrate(root, "news", "0003")
        assert "blog_post" in content(root)
        migrate(root)
        assert content(root) == deployed
        healthy = forked("doctor", "--settings", "settings", cwd=root)
        assert healthy.stdout == "default: healthy: files, records and tables agree\n"
    (tmp_path / "new").mkdir()
    with database(some_engine, tmp_path / "new") as settings:
        settings_for(root, "news", settings)
        migrate(root)
        assert {name: columns for name, (columns, _) in content(root).items()} == {
            name: columns for name, (columns, _) in deployed.items()
        }
        migrate(root, "news", "zero")


def test_what_it_writes(tmp_path: Path, forked: Migfix) -> None:
    root = tmp_path / "project"
    with database("sqlite", tmp_path) as settings:
        written(root, settings)
        early = forked("rename-app", "blog", "news", "--settings", "settings", cwd=root)
        assert early.stderr.startswith("error: No installed app has the label `news`. Rename the app first: ")
        rename(root, settings)
        (root / "news/views.py").write_text(
            'from django.apps import apps\n\nPOST = apps.get_model("blog", "Post")\nMAY = "blog.add_post"\n'
        )
        before = (root / "news/migrations/0001_initial.py").read_text()
        dry = forked("rename-app", "blog", "news", "--settings", "settings", "--dry-run", cwd=root)
        assert dry.returncode == 0, dry.stderr
        assert (root / "news/migrations/0001_initial.py").read_text() == before
        result = forked("rename-app", "blog", "news", "--settings", "settings", cwd=root)
        places = ('3: "blog"', '4: "blog.add_post"')
        assert result.stdout.endswith("".join(f"still has the old label: news/views.py:{each}\n" for each in places))
        second = next(root.glob("news/migrations/0003*")).read_text()
        assert "choices=[('blog', 'Blog')]" in second
        assert "verbose_name': 'blog'" in second
        assert "to='news.post'" in next(root.glob("shop/migrations/0001*")).read_text()
        assert 'apps.get_model("news", "Post")' in next(root.glob("shop/migrations/0001*")).read_text()
        undone = forked("undo", cwd=root)
        assert undone.returncode == 0, undone.stderr
        assert (root / "news/migrations/0001_initial.py").read_text() == before


def test_no_rule_objects(tmp_path: Path, forked: Migfix) -> None:
    """The files are deployed, and edited: with the new label and nothing else."""
    root = tmp_path / "project"
    with database("sqlite", tmp_path) as settings:
        written(root, settings)
        git("init", cwd=root)
        git("add", "--force", "--all", ".", cwd=root)
        git("commit", "--message", "deploy", cwd=root)
        rename(root, settings)
        assert forked("check", "--settings", "settings", cwd=root).returncode == 1
        assert forked("rename-app", "blog", "news", "--settings", "settings", cwd=root).returncode == 0
        result = forked("check", "--settings", "settings", cwd=root)
        assert result.returncode == 0, result.stdout
