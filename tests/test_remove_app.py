"""``migfix remove-app``: databases on which the app ran, and new ones."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from cases import commit
from conftest import Migfix
from test_leftovers import run_sql
from test_rename_app import content, made, migrate
from test_squash import database, django_admin

SETTINGS = """
SECRET_KEY = "x"
INSTALLED_APPS = ["django.contrib.contenttypes", "django.contrib.auth", {apps}]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
USE_TZ = True
DATABASES = {{"default": {database!r}}}
"""
BLOG = """
from django.conf import settings
from django.db import models


class Tag(models.Model):
    name = models.CharField(max_length=50)


class Post(models.Model):
    title = models.CharField(max_length=50)
    tags = models.ManyToManyField(Tag)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True)
"""
SHOP = """
from django.db import models


class Item(models.Model):
    name = models.CharField(max_length=50)
"""
OTHER = """
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = []
    operations = []
"""
OPTIONS = ("remove-app", "blog", "--settings", "settings")


def settings_for(root: Path, apps: str, database_settings: dict[str, Any]) -> None:
    (root / "settings.py").write_text(SETTINGS.format(apps=apps, database=database_settings))


def written(root: Path, database_settings: dict[str, Any], shop: str = SHOP) -> None:
    """Write the project with makemigrations. The migration of shop runs after that of blog."""
    for app, text in (("blog", BLOG), ("shop", shop)):
        (root / app / "migrations").mkdir(parents=True)
        for name in ("__init__.py", "migrations/__init__.py"):
            (root / app / name).touch()
        (root / app / "models.py").write_text(text)
    (root / "other/migrations").mkdir(parents=True)
    for name in ("__init__.py", "migrations/__init__.py"):
        (root / "other" / name).touch()
    (root / "other/migrations/0001_initial.py").write_text(OTHER)
    settings_for(root, '"other", "blog", "shop"', database_settings)
    made(root, "")
    path = root / "blog/migrations/0001_initial.py"
    path.write_text(
        path.read_text().replace("dependencies = [\n", "dependencies = [\n        ('other', '0001_initial'),\n")
    )
    path = root / "shop/migrations/0001_initial.py"
    if '("blog"' not in path.read_text().replace("'", '"'):
        path.write_text(
            path.read_text().replace("dependencies = [\n", "dependencies = [\n        ('blog', '0001_initial'),\n")
        )
    commit(root)


def models_deleted(root: Path) -> None:
    (root / "blog/models.py").write_text("")
    made(root, "")


def test_an_app_goes(tmp_path: Path, some_engine: str, forked: Migfix) -> None:
    root = tmp_path / "project"
    with database(some_engine, tmp_path) as settings:
        written(root, settings)
        migrate(root)
        run_sql(root, "INSERT INTO blog_post (title) VALUES ('a')", "INSERT INTO shop_item (name) VALUES ('b')")
        models_deleted(root)
        commit(root)
        migrate(root)
        result = forked(*OPTIONS, cwd=root)
        assert result.returncode == 0, result.stderr
        first = (root / "shop/migrations/0001_initial.py").read_text()
        assert "blog" not in first
        assert "migrations.swappable_dependency" not in first
        assert not list(root.glob("blog/migrations/0*.py"))
        shutil.rmtree(root / "blog")
        settings_for(root, '"other", "shop"', settings)
        assert '("other", "0001_initial")' in first.replace("'", '"')
        checked = forked("check", cwd=root)
        assert (checked.returncode, checked.stdout) == (0, "nothing to do: 1 migration checked\n"), checked.stderr
        assert "No migrations to apply" in migrate(root)
        assert "No changes detected" in django_admin(root, "makemigrations", "--check").stdout
        stale = django_admin(root, "remove_stale_contenttypes", "--include-stale-apps", "--no-input", "-v", "2")
        assert "Deleting stale content type 'blog | post'" in stale.stdout
        run_sql(root, "DELETE FROM django_migrations WHERE app = 'blog'")
        healthy = forked("doctor", "--settings", "settings", cwd=root)
        assert healthy.stdout == "default: healthy: files, records and tables agree\n"
        deployed = content(root)
        assert list(deployed) == ["shop_item"]
    (tmp_path / "new").mkdir()
    with database(some_engine, tmp_path / "new") as settings:
        settings_for(root, '"other", "shop"', settings)
        migrate(root)
        assert list(content(root)) == ["shop_item"]
        migrate(root, "shop", "zero")


def test_what_it_says(tmp_path: Path, forked: Migfix) -> None:
    root = tmp_path / "project"
    with database("sqlite", tmp_path) as settings:
        written(root, settings)
        (root / "shop/views.py").write_text("from blog.models import Post\n\nPOST = Post\n")
        early = forked(*OPTIONS, cwd=root)
        assert (early.returncode, early.stderr) == (
            2,
            "error: blog still has Post and Tag. Delete its models and what points at them, run makemigrations, and "
            "deploy that. Then run this again.\n",
        )
        (root / "shop/views.py").write_text('from django.apps import apps\n\nPOST = apps.get_model("blog", "Post")\n')
        models_deleted(root)
        (name,) = (path.stem for path in root.glob("blog/migrations/0002*.py"))
        new = forked(*OPTIONS, cwd=root)
        assert new.stderr == (
            f"error: blog.{name} isn't deployed yet, so that databases still have the tables of blog. Deploy it first. "
            "Once it ran everywhere, run this again.\n"
        )
        commit(root)
        before = (root / "blog/migrations/0001_initial.py").read_text()
        dry = forked(*OPTIONS, "--dry-run", cwd=root)
        assert dry.returncode == 0, dry.stderr
        assert "-        ('blog', '0001_initial'),\n" in dry.stdout
        assert (root / "blog/migrations/0001_initial.py").read_text() == before
        result = forked(*OPTIONS, cwd=root)
        assert result.stdout.splitlines() == [
            "blog/migrations/0001_initial.py: deleted",
            f"blog/migrations/{name}.py: deleted",
            "shop/migrations/0001_initial.py: changed",
            'still names the app: shop/views.py:3: "blog"',
            "Now remove the rest of blog, and its entry in INSTALLED_APPS. On each database, `python manage.py "
            "remove_stale_contenttypes --include-stale-apps` removes its content types and permissions, and "
            "DELETE FROM django_migrations WHERE app = 'blog' its records.",
        ]
        assert forked("undo", cwd=root).returncode == 0
        assert (root / "blog/migrations/0001_initial.py").read_text() == before


def test_the_history_of_another_app_needs_it(tmp_path: Path, forked: Migfix) -> None:
    root = tmp_path / "project"
    with database("sqlite", tmp_path) as settings:
        written(root, settings, f'{SHOP}    post = models.ForeignKey("blog.Post", models.CASCADE, null=True)\n')
        (root / "shop/models.py").write_text(SHOP)
        made(root, "")
        models_deleted(root)
        commit(root)
        result = forked(*OPTIONS, cwd=root)
        assert result.returncode == 2
        assert result.stderr.startswith("error: shop.0001_initial names the app blog (line ")
        assert result.stderr.endswith("Squash the migrations of shop so that this is gone, and run this again.\n")


def test_not_an_app_of_the_project(tmp_path: Path, forked: Migfix) -> None:
    root = tmp_path / "project"
    with database("sqlite", tmp_path) as settings:
        written(root, settings)
        unknown = forked("remove-app", "news", "--settings", "settings", cwd=root)
        assert unknown.stderr == "error: No installed app with migrations has the label `news`.\n"
        package = forked("remove-app", "auth", "--settings", "settings", cwd=root)
        assert package.stderr.startswith("error: The app auth is an installed package. ")
