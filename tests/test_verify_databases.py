"""Several databases, routers, mirrors, and a user model of the project's own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from conftest import ENGINES, URLS, Migfix
from projects import POST, POST_MODEL, SETTINGS, migration
from verifying import blog, failing, verified


def test_not_atomic_run_before_and_replaces(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """A squashed first migration, a file that runs before another app's, and an index outside a transaction."""
    add = {
        "postgresql": "django.contrib.postgres.operations.AddIndexConcurrently",
    }.get(engine, "migrations.AddIndex")
    second = migration(
        f'        {add}("post", models.Index(fields=["title"], name="by_title")),',
        ("blog", "0001_squashed"),
        attributes='atomic = False\nrun_before = [("shop", "0001_initial")]',
        functions="import django.contrib.postgres.operations" if engine == "postgresql" else "",
    )
    models = POST_MODEL + '\n    class Meta:\n        indexes = [models.Index(fields=["title"], name="by_title")]\n'
    squashed = migration(
        POST, attributes='initial = True\nreplaces = [("blog", "0001_initial"), ("blog", "0001_more")]'
    )
    more = {
        "blog/migrations/0001_more.py": migration("", ("blog", "0001_initial")),
        "blog/migrations/0001_squashed.py": squashed,
        "shop/migrations/0001_initial.py": migration(""),
        "settings.py": SETTINGS.replace('["blog"]', '["shop", "blog"]'),
    }
    project = blog(tmp_path, second, models, **more)
    assert failing(verified(migfix, project, engine, "blog", "0002")) == {}
    assert failing(verified(migfix, project, engine, "blog", "0001_squashed")) == {}
    refused = migfix("verify", "blog", "0001_more", "--settings", "settings", "--engine", URLS[engine], cwd=project)
    assert refused.returncode == 2
    assert (
        "Django doesn't run blog.0001_more on a new database: blog 0001_squashed replaces it. "
        "Verify that one instead: migfix verify blog 0001_squashed.\n" in refused.stdout
    )


def test_two_databases_and_a_router(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """An app in the other database, with a data function that reads both."""
    settings = SETTINGS.replace('["blog"]', '["blog", "logs"]').replace(
        '{"default": ', '{"other": {"ENGINE": "django.db.backends.sqlite3", "NAME": "other.sqlite3"}, "default": '
    )
    router = """
        class Router:
            def db_for_read(self, model, **hints):
                return "other" if model._meta.app_label == "logs" else "default"

            db_for_write = db_for_read

            def allow_migrate(self, db, app_label, **hints):
                return (db == "other") == (app_label == "logs")
    """
    second = migration(
        """
        migrations.AddField("line", "text", models.TextField(null=True)),
        migrations.RunPython(count, migrations.RunPython.noop),
        """,
        ("logs", "0001_initial"),
        ("blog", "0001_initial"),
        functions="""
            def count(apps, schema_editor):
                if schema_editor.connection.alias == "other":
                    assert apps.get_model("logs", "Line").objects.count() == 3
                    assert apps.get_model("blog", "Post").objects.count() == 0
        """,
    )
    line = 'migrations.CreateModel("Line", [("id", ID)]),'
    more = {
        "settings.py": settings + 'DATABASE_ROUTERS = ["router.Router"]\n',
        "router.py": router,
        "logs/migrations/0001_initial.py": migration(line),
        "logs/migrations/0002_text.py": second,
    }
    project = blog(tmp_path, migration("", ("blog", "0001_initial")), **more)
    trial = verified(migfix, project, engine, "logs", "0002", "--database", "other")
    assert failing(trial) == {}
    assert trial["rows"] == {"logs_line": [3, 3, 3, 3]}
    assert not list(tmp_path.glob("*.sqlite3"))
    elsewhere = verified(migfix, project, engine, "logs", "0002")
    assert elsewhere["steps"]["rows"]["notes"] == [
        "the routers keep logs out of `default`: use --database for the database with its tables"
    ]


def test_mirror_and_no_default(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """A replica mirrors its primary. In Django, ``{}`` means that there is no default database."""
    main = ENGINES[engine] | {"NAME": "main.sqlite3"}
    replica = main | {"TEST": {"MIRROR": "main"}}
    settings = SETTINGS.replace(
        'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}',
        f'DATABASES = {{"default": {{}}, "replica": {replica!r}, "main": {main!r}}}',
    )
    settings += 'DATABASE_ROUTERS = ["router.Router"]\n'
    router = """
        class Router:
            def db_for_read(self, model, **hints):
                return "replica"

            def db_for_write(self, model, **hints):
                return "main"
    """
    second = migration(
        "        migrations.RunPython(look, migrations.RunPython.noop),",
        ("blog", "0001_initial"),
        functions="""
            def look(apps, schema_editor):
                assert len(apps.get_model("blog", "Post").objects.using("main").all()) == 3
        """,
    )
    project = blog(tmp_path, second, **{"settings.py": settings, "router.py": router})
    result = migfix("verify", "blog", "0002", "--settings", "settings", "--database", "main", cwd=project)
    assert result.returncode == 0, result.stdout + result.stderr
    assert failing(verified(migfix, project, engine, "blog", "0002", "--database", "main")) == {}


def test_swapped_user(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    user = """
        from django.contrib.auth.models import AbstractUser


        class User(AbstractUser):
            pass
    """
    models = POST_MODEL + '    author = models.ForeignKey("people.User", models.CASCADE, null=True)\n'
    second = migration(
        """
        migrations.AddField("post", "author", models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, null=True)),
        """,
        ("blog", "0001_initial"),
        functions="from django.conf import settings",
    ).replace("dependencies = [", "dependencies = [migrations.swappable_dependency(settings.AUTH_USER_MODEL), ")
    apps = '["django.contrib.contenttypes", "django.contrib.auth", "people", "blog"]'
    more = {
        "people/models.py": user,
        "people/migrations/__init__.py": "",
        "settings.py": SETTINGS.replace('["blog"]', apps) + 'AUTH_USER_MODEL = "people.User"\n',
    }
    project = blog(tmp_path, second, models, **more)
    subprocess.run(
        [sys.executable, "-m", "django", "makemigrations", "people", "-v0"],
        cwd=project,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(project)},
        check=True,
    )
    trial = verified(migfix, project, engine, "blog", "0002")
    assert failing(trial) == {}
    assert trial["rows"]["people_user"] == [3, 3, 3, 3]
