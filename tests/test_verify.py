"""``migfix verify`` as a user runs it: on scratch databases of every engine."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import django
import pytest
from conftest import ENGINES, URLS, Migfix
from projects import POST, POST_MODEL, SETTINGS, migration, write_project

PREFIX = "migfix_scratch_"


def verified(migfix: Migfix, project: Path, engine: str, *arguments: str) -> dict[str, Any]:
    """The only trial of a run, with its steps by name."""
    result = migfix("verify", *arguments, "--settings", "settings", "--engine", URLS[engine], "--json", cwd=project)
    assert result.stdout, result.stderr
    proof = json.loads(result.stdout)
    trial: dict[str, Any]
    (trial,) = proof["trials"]
    assert trial["could_not_run"] is None, trial["could_not_run"]
    assert result.returncode == (0 if proof["passed"] else 1)
    return trial | {"steps": {step["name"]: step for step in trial["steps"]}}


def failing(trial: dict[str, Any]) -> dict[str, str]:
    return {name: step["error"] for name, step in trial["steps"].items() if step["outcome"] == "failed"}


@contextmanager
def server(engine: str) -> Iterator[Any]:
    """A cursor on the server of an engine, beside Django."""
    where = ENGINES[engine]
    if engine == "postgresql":
        import psycopg

        with psycopg.connect(
            host=where["HOST"],
            port=where["PORT"],
            user=where["USER"],
            password=where["PASSWORD"] or None,
            dbname="postgres",
            autocommit=True,
        ) as connection:
            yield connection.cursor()
    else:
        import MySQLdb

        mariadb = MySQLdb.connect(
            host=where["HOST"], port=int(where["PORT"]), user=where["USER"], password=where["PASSWORD"]
        )
        yield mariadb.cursor()
        mariadb.close()  # type: ignore[no-untyped-call]


def scratch_databases(engine: str) -> set[str]:
    with server(engine) as cursor:
        cursor.execute("SELECT datname FROM pg_database" if engine == "postgresql" else "SHOW DATABASES")
        return {name for (name,) in cursor.fetchall() if name.startswith(PREFIX)}


# --- what a trial shows ---------------------------------------------------------------------------


def blog(root: Path, second: str, models: str = POST_MODEL, **more: str) -> Path:
    files = {
        "blog/models.py": models,
        "blog/migrations/0001_initial.py": migration(POST, attributes="initial = True"),
        "blog/migrations/0002_next.py": second,
    }
    return write_project(root, files | more)


def test_irreversible_step_is_named(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    second = migration(
        "        migrations.RunPython(shorten),",
        ("blog", "0001_initial"),
        functions="""
            def shorten(apps, schema_editor):
                apps.get_model("blog", "Post").objects.update(title="x")
        """,
    )
    trial = verified(migfix, blog(tmp_path, second), engine, "blog", "0002")
    assert list(failing(trial)) == ["back"]
    assert failing(trial)["back"].startswith("IrreversibleError: Operation <RunPython <function shorten at")
    place = trial["steps"]["back"]["place"]
    assert place["path"] == str(tmp_path / "blog/migrations/0002_next.py")
    assert (place["line"], place["operation"]) == (12, "RunPython shorten")
    assert trial["steps"]["insert"]["outcome"] == "passed"


def test_noop_reverse_is_named(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    second = migration(
        "        migrations.RunPython(shorten, migrations.RunPython.noop),",
        ("blog", "0001_initial"),
        functions="""
            def shorten(apps, schema_editor):
                apps.get_model("blog", "Post").objects.update(title="x")
        """,
    )
    trial = verified(migfix, blog(tmp_path, second), engine, "blog", "0002")
    assert failing(trial) == {}
    assert trial["steps"]["back"]["outcome"] == "noted"
    assert trial["steps"]["back"]["notes"] == [
        "after going back, the rows of blog_post are others in title: "
        "the reverse of RunPython shorten (line 12) does nothing"
    ]


def test_reverse_that_does_not_restore_fails(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    second = migration(
        "        migrations.RunPython(shorten, shorten),",
        ("blog", "0001_initial"),
        functions="""
            def shorten(apps, schema_editor):
                apps.get_model("blog", "Post").objects.update(title="x")
        """,
    )
    trial = verified(migfix, blog(tmp_path, second), engine, "blog", "0002")
    assert failing(trial) == {"back": "after going back, the rows of blog_post are others in title"}


def test_error_inside_a_function_names_its_line(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    second = migration(
        "        migrations.RunPython(divide, divide),",
        ("blog", "0001_initial"),
        functions="""
            def divide(apps, schema_editor):
                for post in apps.get_model("blog", "Post").objects.all():
                    1 / 0
        """,
    )
    trial = verified(migfix, blog(tmp_path, second), engine, "blog", "0002")
    assert failing(trial) == {"forward": "ZeroDivisionError: division by zero"}
    assert trial["steps"]["forward"]["place"]["line"] == 7


def test_migration_that_does_not_match_the_models_fails(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    second = migration(
        '        migrations.AddField("post", "text", models.TextField(null=True)),', ("blog", "0001_initial")
    )
    trial = verified(migfix, blog(tmp_path, second), engine, "blog", "0002")
    assert failing(trial) == {"makemigrations": "it would still write: blog: Remove field text from post"}


def test_sequence_that_was_not_told_of_a_key(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """The ordinary insert after a row with an explicit key: PostgreSQL counts from 1 (DESIGN.md, 5)."""
    second = migration(
        """
        migrations.CreateModel("Tag", [("id", ID)]),
        migrations.RunPython(make_tag, migrations.RunPython.noop),
        """,
        ("blog", "0001_initial"),
        functions="""
            def make_tag(apps, schema_editor):
                apps.get_model("blog", "Tag").objects.create(pk=1)
        """,
    )
    models = POST_MODEL + "\n\nclass Tag(models.Model):\n    pass\n"
    trial = verified(migfix, blog(tmp_path, second, models), engine, "blog", "0002")
    if engine == "postgresql":
        assert list(failing(trial)) == ["insert"]
        assert "duplicate key value violates unique constraint" in failing(trial)["insert"]
    else:
        assert failing(trial) == {}


def test_index_left_by_separate_operations(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """The state forgets an index that the table keeps."""
    third = migration(
        """
        migrations.SeparateDatabaseAndState(state_operations=[migrations.RemoveIndex("post", "by_title")]),
        """,
        ("blog", "0002_next"),
    )
    second = migration(
        '        migrations.AddIndex("post", models.Index(fields=["title"], name="by_title")),',
        ("blog", "0001_initial"),
    )
    project = blog(tmp_path, second, **{"blog/migrations/0003_forget.py": third})
    trial = verified(migfix, project, engine, "blog", "0003")
    assert list(failing(trial)) == ["plain schema"]
    assert failing(trial)["plain schema"].startswith("beside a plain build of the models, blog_post: by_title is left")


def test_separate_operations_that_match_pass(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    second = migration(
        """
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.AddField("post", "rank", models.IntegerField(null=True, db_index=True))],
            state_operations=[migrations.AddField("post", "rank", models.IntegerField(null=True, db_index=True))],
        ),
        """,
        ("blog", "0001_initial"),
    )
    models = POST_MODEL + "    rank = models.IntegerField(null=True, db_index=True)\n"
    trial = verified(migfix, blog(tmp_path, second, models), engine, "blog", "0002")
    assert failing(trial) == {}
    assert trial["steps"]["plain schema"]["outcome"] == "passed"


def test_previous_release_is_tried(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """Code that doesn't know a new required column can't insert; that is said and is no failure."""
    second = migration(
        '        migrations.AddField("post", "rank", models.IntegerField(default=1), preserve_default=False),',
        ("blog", "0001_initial"),
    )
    models = POST_MODEL + "    rank = models.IntegerField()\n"
    trial = verified(migfix, blog(tmp_path, second, models), engine, "blog", "0002")
    assert failing(trial) == {}
    (note,) = trial["steps"]["previous release"]["notes"]
    assert note.startswith("code of the release before can't insert into blog_post: IntegrityError: ")
    assert trial["rows"] == {"blog_post": [3, 3, 3, 3]}


# --- rows -----------------------------------------------------------------------------------------

COLUMNS = """
    ("id", ID),
    ("title", models.CharField(max_length=40)),
    ("slug", models.SlugField(unique=True)),
    ("note", models.CharField(max_length=20, null=True)),
    ("kind", models.CharField(max_length=4, choices=[("a", "A"), ("news", "News")])),
    ("price", models.DecimalField(max_digits=6, decimal_places=2)),
    ("mail", models.EmailField(max_length=60)),
    ("web", models.URLField()),
    ("key", models.UUIDField()),
    ("at", models.DateTimeField(auto_now_add=True)),
    ("data", models.JSONField()),
    ("took", models.DurationField()),
    ("blob", models.BinaryField()),
    ("file", models.FileField(upload_to="x")),
    ("low", models.PositiveSmallIntegerField()),
    ("high", models.IntegerField()),
    ("flag", models.BooleanField()),
    ("parent", models.ForeignKey("self", models.CASCADE, null=True)),
"""


def test_synthetic_rows(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """Full length, NULL and filled, unique, choices, checks, links: read by a migration that would stop otherwise."""
    first = migration(
        f"""
        migrations.CreateModel("Tag", [("id", ID)]),
        migrations.CreateModel("Thing", [{COLUMNS}
            ("tags", models.ManyToManyField("blog.Tag")),
        ], options={{"constraints": [
            models.CheckConstraint(**{{CHECK: models.Q(low__lt=models.F("high"))}}, name="low_is_low"),
            models.CheckConstraint(**{{CHECK: models.Q(low__gte=10)}}, name="ten_at_least"),
            models.UniqueConstraint(fields=["kind", "title"], name="once"),
        ]}}),
        """,
        functions='import django\n\nCHECK = "condition" if django.VERSION >= (5, 1) else "check"\n',
    )
    second = migration(
        "        migrations.RunPython(look, migrations.RunPython.noop),",
        ("blog", "0001_initial"),
        functions="""
            def look(apps, schema_editor):
                Thing = apps.get_model("blog", "Thing")
                things = list(Thing.objects.order_by("pk"))
                assert [each.pk for each in things] == [101, 102, 103, 104]
                assert {len(each.title) for each in things} == {40}
                assert {len(each.mail) for each in things} == {60}
                assert {len(each.web) for each in things} == {200}
                assert len({each.slug for each in things}) == 4
                assert {each.note is None for each in things} == {True, False}
                assert {each.parent_id is None for each in things} == {True, False}
                assert {each.kind for each in things} == {"a", "news"}
                assert all(10 <= each.low < each.high for each in things)
                assert Thing.tags.through.objects.count() == 4
                assert apps.get_model("blog", "Tag").objects.count() == 4
        """,
    )
    project = write_project(
        tmp_path, {"blog/migrations/0001_initial.py": first, "blog/migrations/0002_look.py": second}
    )
    trial = verified(migfix, project, engine, "blog", "0002", "--rows", "4")
    assert failing(trial) == {}
    assert trial["rows"]["blog_thing_tags"] == [4, 4, 4, 4]


def test_keys_in_a_circle_and_of_a_parent(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    first = migration(
        """
        migrations.CreateModel("Person", [
            ("id", ID),
            ("me", models.ForeignKey("self", models.CASCADE, related_name="+")),
        ]),
        migrations.CreateModel("Team", [
            ("id", models.UUIDField(primary_key=True)),
            ("lead", models.OneToOneField("blog.Person", models.CASCADE)),
        ]),
        migrations.AddField("person", "team", models.ForeignKey("blog.Team", models.CASCADE, default=None)),
        migrations.CreateModel("Chief", [
            ("person_ptr", models.OneToOneField("blog.Person", models.CASCADE, parent_link=True, primary_key=True)),
            ("name", models.CharField(max_length=9)),
        ], bases=("blog.person",)),
        """
    )
    second = migration(
        '        migrations.AddField("chief", "note", models.TextField(null=True)),', ("blog", "0001_initial")
    )
    project = write_project(
        tmp_path, {"blog/migrations/0001_initial.py": first, "blog/migrations/0002_note.py": second}
    )
    trial = verified(migfix, project, engine, "blog", "0002")
    assert failing(trial) == {}
    assert trial["rows"] == {"blog_chief": [3, 3, 3, 3]}


def test_own_field_class_and_table_without_migrations(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """A field of the project's own, and a key to an app that has no migrations."""
    second = migration(
        """
        migrations.AddField("post", "colour", blog.fields.ColourField(null=True)),
        migrations.AddField("post", "place", models.ForeignKey("plain.Place", models.CASCADE, null=True)),
        """,
        ("blog", "0001_initial"),
        functions="import blog.fields",
    )
    first = migration(
        """migrations.CreateModel("Post", [
            ("id", ID), ("title", models.CharField(max_length=50)),
            ("main", blog.fields.ColourField()),
        ]),""",
        functions="import blog.fields",
    )
    models = """
        from django.db import models

        from blog.fields import ColourField


        class Post(models.Model):
            title = models.CharField(max_length=50)
            main = ColourField()
            colour = ColourField(null=True)
            place = models.ForeignKey("plain.Place", models.CASCADE, null=True)
    """
    fields = """
        from django.db import models


        class Colour(str):
            pass


        class ColourField(models.Field):
            def db_type(self, connection):
                return "varchar(7)"

            def from_db_value(self, value, expression, connection):
                return None if value is None else Colour(value)

            def get_prep_value(self, value):
                if not (value is None or isinstance(value, str)):
                    raise ValueError(value)
                return value
    """
    place = "from django.db import models\n\n\nclass Place(models.Model):\n    name = models.CharField(max_length=9)\n"
    more = {
        "blog/fields.py": fields,
        "plain/models.py": place,
        "settings.py": SETTINGS.replace('["blog"]', '["blog", "plain"]'),
        "blog/migrations/0001_initial.py": first,
    }
    trial = verified(migfix, blog(tmp_path, second, models, **more), engine, "blog", "0002")
    assert failing(trial) == {}
    assert trial["rows"]["blog_post"] == [3, 3, 3, 3]


def test_rows_of_another_app(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """A data step reads another app's table: that one has rows as well."""
    second = migration(
        "        migrations.RunPython(copy, migrations.RunPython.noop),",
        ("blog", "0001_initial"),
        ("shop", "0001_initial"),
        functions="""
            def copy(apps, schema_editor):
                Post = apps.get_model("blog", "Post")
                names = list(apps.get_model("shop", "Item").objects.values_list("name", flat=True))
                assert len(names) == 3
                Post.objects.update(title=names[0])
        """,
    )
    shop = migration(
        """migrations.CreateModel("Item", [
            ("id", ID), ("name", models.CharField(max_length=50)),
        ]),"""
    )
    more = {
        "shop/migrations/0001_initial.py": shop,
        "settings.py": SETTINGS.replace('["blog"]', '["blog", "shop"]'),
    }
    trial = verified(migfix, blog(tmp_path, second, **more), engine, "blog", "0002")
    assert failing(trial) == {}
    assert trial["rows"]["shop_item"] == [3, 3, 3, 3]


def test_rows_of_ones_own(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    second = migration(
        '        migrations.AddField("post", "rank", models.IntegerField(null=True)),', ("blog", "0001_initial")
    )
    models = POST_MODEL + "    rank = models.IntegerField(null=True)\n"
    project = blog(tmp_path, second, models)
    (tmp_path / "rows.sql").write_text(
        "INSERT INTO blog_post (title) VALUES ('a;b');\nINSERT INTO blog_post (title) VALUES ('c')"
    )
    trial = verified(migfix, project, engine, "blog", "0002", "--rows-from", "rows.sql")
    assert failing(trial) == {}
    assert trial["rows"] == {"blog_post": [2, 2, 2, 2]}


def models_with_rows(root: Path, models: str) -> Path:
    """A project of real makemigrations: these models, then a nullable field on the last one."""
    files = {
        "blog/models.py": models,
        "blog/migrations/__init__.py": "",
    }
    project = write_project(root, files)
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(project)}
    command = [sys.executable, "-m", "django", "makemigrations", "blog", "-v0", "-n"]
    subprocess.run([*command, "initial"], cwd=project, env=environment, check=True)
    (project / "blog/models.py").write_text(models + "    later = models.IntegerField(null=True)\n")
    subprocess.run([*command, "later"], cwd=project, env=environment, check=True)
    return project


THINGS = {
    "narrow": """
        a = models.CharField(max_length=1, unique=True)
        b = models.SlugField(max_length=2, unique=True)
        c = models.DecimalField(max_digits=2, decimal_places=0, unique=True)
        d = models.GenericIPAddressField(unique=True)
        e = models.DecimalField(max_digits=3, decimal_places=3)
        f = models.TimeField(unique=True)
    """,
    "together": """
        a = models.BooleanField()
        b = models.CharField(max_length=1, choices=[("x", "X"), ("y", "Y"), ("z", "Z")])

        class Meta:
            unique_together = [("a", "b")]

    """,
    "checked": """
        a = models.IntegerField()
        b = models.IntegerField()
        c = models.IntegerField()
        d = models.CharField(max_length=9)
        e = models.CharField(max_length=9, null=True)

        class Meta:
            constraints = [
                models.CheckConstraint(**{CHECK: models.Q(c=models.F("a") + models.F("b"))}, name="sum"),
                models.CheckConstraint(**{CHECK: models.Q(a__gt=9000) | models.Q(b__lt=-5)}, name="either"),
                models.CheckConstraint(**{CHECK: models.Q(d__in=["x", "y"])}, name="one_of"),
                models.CheckConstraint(**{CHECK: ~models.Q(e="no") & models.Q(e__startswith="AB")}, name="like"),
            ]

    """,
}


@pytest.mark.parametrize("name", THINGS)
def test_rows_of_many_kinds(tmp_path: Path, engine: str, migfix: Migfix, name: str) -> None:
    head = (
        "import django\nfrom django.db import models\n\nCHECK = 'condition' if django.VERSION >= (5, 1) else 'check'\n"
    )
    models = f"{head}\n\nclass Thing(models.Model):\n{textwrap.indent(textwrap.dedent(THINGS[name]).strip(), '    ')}\n"
    project = models_with_rows(tmp_path, models)
    trial = verified(migfix, project, engine, "blog", "0002")
    assert failing(trial) == {}
    assert trial["rows"] == {"blog_thing": [3, 3, 3, 3]}
    assert trial["steps"]["insert"]["outcome"] == "passed"


def test_type_of_a_primary_key(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """Django makes the keys of the children anew, under other names than before: nobody stated those."""
    before = """
        from django.db import models


        class Child(models.Model):
            parent = models.ForeignKey("Parent", models.CASCADE)
            one = models.OneToOneField("Parent", models.CASCADE, related_name="+")


        class Parent(models.Model):
            id = models.AutoField(primary_key=True)
            friends = models.ManyToManyField("self")
    """
    project = models_with_rows(tmp_path, textwrap.dedent(before))
    trial = verified(migfix, project, engine, "blog", "0002")
    assert failing(trial) == {}
    text = (project / "blog/models.py").read_text().replace("AutoField", "BigAutoField")
    (project / "blog/models.py").write_text(text)
    subprocess.run(
        [sys.executable, "-m", "django", "makemigrations", "blog", "-v0"],
        cwd=project,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(project)},
        check=True,
    )
    trial = verified(migfix, project, engine, "blog", "0003")
    assert failing(trial) == {}
    assert trial["rows"]["blog_child"] == [3, 3, 3, 3]


def test_reverse_with_another_check(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """What introspection doesn't tell is compared as well: the expression of a CHECK, the length of text."""
    if engine == "sqlite":
        return
    first = migration(
        """
        migrations.CreateModel("Post", [("id", ID), ("rank", models.IntegerField())]),
        migrations.RunSQL("ALTER TABLE blog_post ADD CONSTRAINT ck CHECK (rank >= 0)", ""),
        """
    )
    second = migration(
        """
        migrations.RunSQL(
            "ALTER TABLE blog_post DROP CONSTRAINT ck",
            "ALTER TABLE blog_post ADD CONSTRAINT ck CHECK (rank > -999)",
        ),
        """,
        ("blog", "0001_initial"),
    )
    models = "from django.db import models\n\n\nclass Post(models.Model):\n    rank = models.IntegerField()\n"
    project = blog(tmp_path, second, models, **{"blog/migrations/0001_initial.py": first})
    trial = verified(migfix, project, engine, "blog", "0002")
    assert list(failing(trial)) == ["back"]
    assert "blog_post: ck was" in failing(trial)["back"]


def test_condition_of_an_index_is_lost(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    if engine == "mariadb":  # has none
        return
    index = 'models.Index(fields=["title"], name="by_title", condition=models.Q(title__gt="m"))'
    second = migration(
        f"""
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL("CREATE INDEX by_title ON blog_post (title)", "DROP INDEX by_title"),
            ],
            state_operations=[migrations.AddIndex("post", {index})],
        ),
        """,
        ("blog", "0001_initial"),
    )
    models = POST_MODEL + f"\n    class Meta:\n        indexes = [{index}]\n"
    trial = verified(migfix, blog(tmp_path, second, models), engine, "blog", "0002")
    assert list(failing(trial)) == ["plain schema"], failing(trial)


# --- projects of many kinds -----------------------------------------------------------------------


def test_not_atomic_run_before_and_replaces(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """A squashed start, a file that must run before another app's, and an index outside a transaction."""
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
        "Verify that one: migfix verify blog 0001_squashed.\n" in refused.stdout
    )


def test_two_databases_and_a_router(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """An app that lives in the other database, with a data step that reads both."""
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
        "the routers keep logs out of `default`: --database says where its tables are"
    ]


def test_mirror_and_no_default(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """A replica is its primary; ``{}`` is Django's way to have no default database."""
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


# --- two versions beside each other ---------------------------------------------------------------

CATEGORY_MODELS = """
from django.db import models


class Category(models.Model):
    name = models.CharField(max_length=50)


class Post(models.Model):
    title = models.CharField(max_length=50)
    category = models.ForeignKey(Category, models.CASCADE)
"""
PLAIN = migration(
    """
        migrations.CreateModel("Category", [("id", ID), ("name", models.CharField(max_length=50))]),
        migrations.AddField(
            model_name="post",
            name="category",
            field=models.ForeignKey(default=1, on_delete=models.CASCADE, to="blog.category"),
            preserve_default=False,
        ),
    """,
    ("blog", "0001_initial"),
)
SECOND = "blog/migrations/0002_next.py"
OWN_WORDS = {
    "sqlite": "IntegrityError: The row in table 'blog_post' with primary key '101' has an invalid foreign key: "
    "blog_post.category_id contains a value '1' that does not have a corresponding value in blog_category.id.",
    "postgresql": 'IntegrityError: insert or update on table "blog_post" violates foreign key constraint '
    '"blog_post_category_id_c326dbf8_fk_blog_category_id" '
    'DETAIL: Key (category_id)=(1) is not present in table "blog_category".',
    "mariadb": "IntegrityError: (1452, 'Cannot add or update a child row: a foreign key constraint fails",
}


def compared(migfix: Migfix, project: Path, engine: str, *arguments: str) -> dict[str, Any]:
    shared = ["--compare", "--settings", "settings", "--engine", URLS[engine], "--json"]
    result = migfix("verify", SECOND, *shared, *arguments, cwd=project)
    assert result.returncode == 0, result.stdout + result.stderr
    return {trial["version"]: trial for trial in json.loads(result.stdout)["trials"]}


def test_plain_beside_rewritten(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """The blog: the plain file fails in the database's own words at its own line, the rewritten one passes."""
    trials = compared(migfix, blog(tmp_path, PLAIN, CATEGORY_MODELS), engine)
    original = {step["name"]: step for step in trials["original"]["steps"]}
    assert original["forward"]["error"].startswith(OWN_WORDS[engine])
    place = original["forward"]["place"]
    assert (place["path"], place["line"]) == (str(tmp_path / SECOND), 11)
    assert place["operation"] == "AddField post.category"
    outcomes = {step["name"]: step["outcome"] for step in trials["rewritten"]["steps"]}
    assert outcomes == {
        "state before": "passed",
        "rows": "passed",
        "forward": "passed",
        "back": "passed",
        "forward again": "passed",
        "insert": "passed",
        "previous release": "noted",
        "makemigrations": "passed",
    }
    assert trials["rewritten"]["rows"] == {"blog_category": [None, 1, None, 1], "blog_post": [3, 3, 3, 3]}
    assert (tmp_path / SECOND).read_text() == PLAIN


def test_compare_after_apply_and_after_commit(tmp_path: Path, migfix: Migfix, state_home: Path) -> None:
    """The original comes from what migfix kept, or from git."""
    project = blog(tmp_path, PLAIN, CATEGORY_MODELS)
    assert migfix("apply", SECOND, "--engine", "sqlite", cwd=project).returncode == 0
    trials = compared(migfix, project, "sqlite")
    assert (trials["original"]["passed"], trials["rewritten"]["passed"]) == (False, True)
    rewritten = (project / SECOND).read_text()
    for command in (["init", "-q"], ["add", "."], ["-c", "user.name=x", "-c", "user.email=x", "commit", "-qmx"]):
        (project / SECOND).write_text(PLAIN)
        subprocess.run(["git", *command], cwd=project, check=True)
    (project / SECOND).write_text(rewritten)
    subprocess.run(["rm", "-r", state_home], check=True)
    trials = compared(migfix, project, "sqlite")
    assert (trials["original"]["passed"], trials["rewritten"]["passed"]) == (False, True)


def test_table_that_a_person_reads(tmp_path: Path, migfix: Migfix) -> None:
    project = blog(tmp_path, PLAIN, CATEGORY_MODELS)
    result = migfix("verify", SECOND, "--compare", "--settings", "settings", "--engine", "sqlite", cwd=project)
    lines = [" ".join(line.split()) for line in re.sub(r"\d+\.\d\d s|─+", "", result.stdout).splitlines()]
    assert lines == [
        "",
        "step sqlite original sqlite rewritten",
        "",
        "state before ✓ ✓",
        "rows ✓ ✓",
        "forward ✗ ✓",
        "back - ✓",
        "forward again - ✓",
        "insert - ✓",
        "previous release - !",
        "makemigrations ✓ ✓",
        "",
        f"✗ sqlite original, forward: {OWN_WORDS['sqlite']}",
        "caused by blog/migrations/0002_next.py:11: AddField post.category",
        "! sqlite rewritten, previous release: code of the release before can't insert into blog_post: "
        "IntegrityError: NOT NULL constraint failed: blog_post.category_id",
        "rows before → forward → back → forward again ('none': the table is not there)",
        "blog_category: none (sqlite original)",
        "blog_post: 3 (sqlite original)",
        "blog_category: none → 1 → none → 1 (sqlite rewritten)",
        "blog_post: 3 → 3 → 3 → 3 (sqlite rewritten)",
        "the rewritten version passes on sqlite; the original fails on sqlite.",
    ]
    assert result.stderr == ""


def test_progress_on_a_terminal_only(tmp_path: Path) -> None:
    """A bar on stderr that names the steps; the other tests see that a pipe gets none."""
    project = blog(tmp_path, PLAIN, CATEGORY_MODELS)
    try:
        mine, theirs = pty.openpty()
    except OSError:
        pytest.skip("this machine has no pseudo terminals")
    command = [sys.executable, "-m", "migfix", "verify", SECOND, "--compare", "--settings", "settings"]
    environment = os.environ | {"TERM": "xterm", "COLUMNS": "120"}
    process = subprocess.Popen(command, cwd=project, stdout=subprocess.PIPE, stderr=theirs, env=environment)
    os.close(theirs)
    seen = b""
    while chunk := _read(mine):
        seen += chunk
    out, _ = process.communicate()
    os.close(mine)
    assert process.returncode == 0
    assert b"original: " in seen
    assert "the rewritten version passes on sqlite; the original fails on sqlite.\n" in out.decode()
    assert b"\x1b" not in out


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # Linux' way to say that the other end is closed
        return b""


def test_statements_and_locks(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    trials = compared(migfix, blog(tmp_path, PLAIN, CATEGORY_MODELS), engine, "--sql")
    statements = [each for each in trials["rewritten"]["statements"] if each["step"] == "forward"]
    assert statements[0]["sql"].startswith("CREATE TABLE")
    assert statements[0]["place"]["operation"] == "CreateModel Category"
    assert any("INSERT INTO" in each["sql"] and "'Category 1'" in each["sql"] for each in statements)
    assert [each["is_failed"] for each in trials["original"]["statements"]].count(True) == (engine != "sqlite")
    locks = {(each["step"], each["table"]): each["mode"] for each in trials["rewritten"]["locks"]}
    if engine == "postgresql":
        assert locks["forward", "blog_post"] == locks["back", "blog_post"] == "AccessExclusiveLock"
        assert all(each["seconds"] > 0 for each in trials["rewritten"]["locks"])
    else:
        assert locks == {}
    shown = migfix(
        "verify", SECOND, "--compare", "--sql", "--settings", "settings", "--engine", URLS[engine], cwd=tmp_path
    )
    assert f"{engine}: forward" in shown.stdout
    assert "-- AddField post.category" in shown.stdout
    assert ("blog_post: AccessExclusiveLock, " in shown.stdout) == (engine == "postgresql")


def test_lock_of_an_index_made_concurrently(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """A statement of its own transaction is looked at as well; one that may run in none is left alone."""
    if engine != "postgresql":
        return
    second = migration(
        """
        migrations.AddField("post", "rank", models.IntegerField(null=True)),
        AddIndexConcurrently("post", models.Index(fields=["title"], name="by_title")),
        """,
        ("blog", "0001_initial"),
        attributes="atomic = False",
        functions="from django.contrib.postgres.operations import AddIndexConcurrently",
    )
    result = migfix(
        *("verify", "blog", "0002", "--sql", "--json", "--settings", "settings", "--engine", URLS[engine]),
        cwd=blog(tmp_path, second),
    )
    (trial,) = json.loads(result.stdout)["trials"]
    assert [step["error"] for step in trial["steps"] if step["name"] in ("forward", "back")] == [None, None]
    locks = {(each["step"], each["table"]): each["mode"] for each in trial["locks"]}
    assert locks["forward", "blog_post"] == "AccessExclusiveLock"
    assert any("CONCURRENTLY" in each["sql"] for each in trial["statements"])


# --- apply --verify -------------------------------------------------------------------------------


def test_apply_writes_what_passed(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    project = blog(tmp_path, PLAIN, CATEGORY_MODELS)
    result = migfix("apply", SECOND, "--settings", "settings", "--verify-engine", URLS[engine], cwd=project)
    assert result.returncode == 0, result.stdout + result.stderr
    assert "passes on " + engine in result.stderr
    assert "seed_category" in (project / SECOND).read_text()


def test_apply_does_not_write_what_fails(tmp_path: Path, migfix: Migfix) -> None:
    """A rewrite that fails becomes a refusal; another that passes is written."""
    failing_file = "shop/migrations/0002_next.py"
    shop = PLAIN.replace("blog", "shop").replace(
        "operations = [", 'operations = [\n        migrations.RunSQL("SELECT * FROM nowhere", ""),'
    )
    more = {
        "shop/models.py": CATEGORY_MODELS,
        "shop/migrations/0001_initial.py": migration(POST),
        failing_file: shop,
        "settings.py": SETTINGS.replace('["blog"]', '["blog", "shop"]'),
    }
    project = blog(tmp_path, PLAIN, CATEGORY_MODELS, **more)
    result = migfix("apply", SECOND, failing_file, "--settings", "settings", "--verify", cwd=project)
    assert result.returncode == 1, result.stdout + result.stderr
    assert "seed_category" in (project / SECOND).read_text()
    assert (project / failing_file).read_text() == shop
    assert (
        "  next: The rewrite fails on a scratch database (sqlite, forward: OperationalError: no such table: nowhere), "
        "so it was not written; `migfix diff` shows it.\n" in result.stdout
    )


def test_apply_writes_nothing_if_it_cannot_tell(tmp_path: Path, migfix: Migfix) -> None:
    project = blog(tmp_path, PLAIN, CATEGORY_MODELS)
    result = migfix(
        "apply", SECOND, "--settings", "settings", "--verify-engine", "postgresql://root@127.0.0.1:9", cwd=project
    )
    assert result.returncode == 2
    assert (project / SECOND).read_text() == PLAIN


# --- what can't be run ----------------------------------------------------------------------------


def could_not(migfix: Migfix, project: Path, *arguments: str) -> str:
    result = migfix("verify", *arguments, cwd=project)
    assert result.returncode == 2, result.stdout + result.stderr
    assert "Traceback" not in result.stdout + result.stderr
    return result.stdout + result.stderr


def test_state_before_that_cannot_be_reached(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    third = migration("", ("blog", "0002_next"))
    second = migration('        migrations.RunSQL("SELECT * FROM nowhere", ""),', ("blog", "0001_initial"))
    project = blog(tmp_path, second, **{"blog/migrations/0003_more.py": third})
    said = could_not(migfix, project, "blog", "0003", "--settings", "settings", "--engine", URLS[engine])
    assert f"could not run: The state before can't be reached on {engine}: " in said
    assert "nowhere" in said
    assert f"({tmp_path}/blog/migrations/0002_next.py:9, RunSQL)" in said
    assert "An earlier migration of the project fails on a new database; mend that one first." in said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["blog", "0002"],
            "error: migfix doesn't know the settings of this project. "
            "Say --settings, or `settings` in [tool.migfix].\n",
        ),
        (
            ["blog", "0009", "--settings", "settings"],
            "✗ default: could not run: blog has no migration that starts with 0009. It has 0001_initial, 0002_next.\n",
        ),
        (
            ["blog", "000", "--settings", "settings"],
            "✗ default: could not run: 000 is not one migration of blog. It has 0001_initial, 0002_next.\n",
        ),
        (
            ["news", "0001", "--settings", "settings"],
            "✗ default: could not run: There is no app `news` with migrations. Is its app in INSTALLED_APPS?\n",
        ),
        (
            ["blog", "0002", "--settings", "nowhere"],
            "✗ default: could not run: The settings nowhere can't be loaded: "
            "ModuleNotFoundError: No module named 'nowhere'.\n",
        ),
        (
            ["blog", "0002", "--settings", "settings", "--database", "logs"],
            "✗ logs: could not run: The settings have no database `logs`. They have default.\n",
        ),
        (
            ["blog", "0002", "--settings", "settings", "--engine", "postgresql"],
            "✗ postgresql: could not run: --engine postgresql doesn't say where that server is. "
            "Write a URL, as in postgresql://user:password@localhost:5432, or `sqlite`.\n",
        ),
        (
            ["blog", "0002", "--settings", "settings", "--engine", "nosql://a:secret@b"],
            "✗ nosql: could not run: --engine nosql://a:…@b isn't the URL of a database that migfix knows.\n",
        ),
        (
            ["blog", "0002", "--compare", "--settings", "settings"],
            "error: --compare needs the path of a migration file. Name the file instead of the app.\n",
        ),
        (
            ["blog/migrations/0002_next.py", "--compare", "--settings", "settings"],
            "error: There is nothing to compare: migfix would change nothing here, and neither git nor `migfix undo` "
            "has an earlier version. Leave --compare out to verify the files as they are.\n",
        ),
        (["nowhere.py", "--settings", "settings"], "error: nowhere.py: no such file or directory.\n"),
    ],
)
def test_one_clear_line(tmp_path: Path, migfix: Migfix, arguments: list[str], said: str) -> None:
    project = blog(tmp_path, migration("", ("blog", "0001_initial")))
    lines = could_not(migfix, project, *arguments)
    assert lines.replace("could not be verified everywhere.\n", "") == said.replace("{project}", str(tmp_path))


def test_configured_database_with_the_prefix(tmp_path: Path, migfix: Migfix) -> None:
    """migfix drops what carries its prefix, so it runs nowhere near a database of a person that does."""
    settings = SETTINGS.replace("db.sqlite3", "migfix_scratch_mine")
    project = blog(tmp_path, migration("", ("blog", "0001_initial")), **{"settings.py": settings})
    said = could_not(migfix, project, "blog", "0002", "--settings", "settings")
    assert said.startswith(
        "✗ default: could not run: The database `default` of your settings is called migfix_scratch_mine. "
        "migfix drops what starts with migfix_scratch_; give that database another name.\n"
    )


def test_server_that_does_not_answer(tmp_path: Path, migfix: Migfix) -> None:
    pytest.importorskip("psycopg")
    project = blog(tmp_path, migration("", ("blog", "0001_initial")))
    said = could_not(
        migfix, project, "blog", "0002", "--settings", "settings", "--engine", "postgresql://root@127.0.0.1:9"
    )
    assert "✗ postgresql: could not run: The database server can't be used (127.0.0.1, PostgreSQL): " in said
    assert "Is it running, and are user and password right? --engine sqlite needs no server." in said


def test_mariadb_that_does_not_answer(tmp_path: Path, migfix: Migfix) -> None:
    pytest.importorskip("MySQLdb")
    project = blog(tmp_path, migration("", ("blog", "0001_initial")))
    said = could_not(
        migfix, project, "blog", "0002", "--settings", "settings", "--engine", "mariadb://root@127.0.0.1:9"
    )
    assert "✗ mariadb: could not run: The database server can't be used (127.0.0.1, MySQL or MariaDB): " in said


def ending(root: Path, code: str) -> Path:
    body = "".join(f"    {line}\n" for line in code.splitlines())
    functions = f"def end(apps, schema_editor):\n    import os\n    import subprocess\n    import sys\n\n{body}"
    second = migration("        migrations.RunPython(end, end),", ("blog", "0001_initial"), functions=functions)
    return blog(root, second)


def test_migration_that_leaves_python(tmp_path: Path, migfix: Migfix) -> None:
    said = could_not(migfix, ending(tmp_path, "os._exit(3)"), "blog", "0002", "--settings", "settings")
    assert said.startswith(
        "✗ default: could not run: The process of the trial ended before it was through, with exit code 3: "
        "something in it left Python.\n"
    )


@pytest.mark.parametrize(
    ("code", "error"),
    [
        ("raise KeyboardInterrupt", "KeyboardInterrupt: "),
        ("sys.exit('no')", "SystemExit: no"),
        ("input()", "EOFError: EOF when reading a line"),
        ("raise type('Odd', (BaseException,), {})('x')", "Odd: x"),
        ("raise type('Mute', (Exception,), {'__str__': lambda self: 1})", "Mute: (its text can't be shown)"),
    ],
)
def test_whatever_a_migration_raises_is_a_finding(tmp_path: Path, migfix: Migfix, code: str, error: str) -> None:
    trial = verified(migfix, ending(tmp_path, code), "sqlite", "blog", "0002")
    assert failing(trial) == {"forward": error}


@pytest.mark.parametrize(
    "code",
    [
        "print('x' * 3_000_000)",
        "sys.stderr.write('x' * 3_000_000)",
        "subprocess.run(['echo', 'hi'], check=True)",
        "os.write(1, b'hi')",
        "os.chdir('/')",
        "sys.path.clear()",
    ],
)
def test_what_a_migration_prints_is_not_heard(tmp_path: Path, migfix: Migfix, code: str) -> None:
    assert failing(verified(migfix, ending(tmp_path, code), "sqlite", "blog", "0002")) == {}


def test_name_of_a_database_in_the_options(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """Drivers take a name from OPTIONS before NAME: the real database must not be reached that way."""
    key = {"sqlite": "database", "postgresql": "dbname", "mariadb": "database"}[engine]
    real = str(tmp_path / "real.sqlite3") if engine == "sqlite" else "migfixtest_real"
    database = ENGINES[engine] | {"NAME": "ignored", "OPTIONS": {key: real}}
    settings = SETTINGS.replace(
        'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}',
        f'DATABASES = {{"default": {database!r}}}',
    )
    project = blog(tmp_path, migration("", ("blog", "0001_initial")), **{"settings.py": settings})
    result = migfix("verify", "blog", "0002", "--settings", "settings", cwd=project)
    assert result.returncode == 0, result.stdout + result.stderr
    assert not (tmp_path / "real.sqlite3").exists()
    prefixed = settings.replace(real, "migfix_scratch_mine")
    (project / "settings.py").write_text(prefixed)
    said = could_not(migfix, project, "blog", "0002", "--settings", "settings")
    assert "is called migfix_scratch_mine. migfix drops what starts with migfix_scratch_" in said


def test_folder_whose_tables_are_all_new(tmp_path: Path, migfix: Migfix) -> None:
    """All migrations of an app at once meet no rows; the verdict doesn't claim more."""
    second = migration(
        '        migrations.AddField("post", "rank", models.IntegerField(null=True)),', ("blog", "0001_initial")
    )
    project = blog(tmp_path, second, POST_MODEL + "    rank = models.IntegerField(null=True)\n")
    result = migfix("verify", "blog", "--settings", "settings", cwd=project)
    assert result.stdout.splitlines()[-1] == (
        "passes on sqlite; no row was there before, so nothing is said about a database with rows."
    )


def test_extra_is_missing(tmp_path: Path, migfix: Migfix) -> None:
    project = blog(tmp_path, migration("", ("blog", "0001_initial")))
    (project / "model_bakery.py").write_text("")
    blocked = "import sys; sys.modules['model_bakery'] = None; sys.argv[0] = 'migfix'; import migfix.cli as c; c.main()"
    result = subprocess.run(
        [sys.executable, "-c", blocked, "verify", "blog", "0002", "--settings", "settings"],
        cwd=project,
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 2
    assert result.stderr == (
        "error: verify needs model-bakery, which is not installed. Run: pip install 'migfix[verify]'\n"
    )


# --- clean-up -------------------------------------------------------------------------------------


def long_running(root: Path) -> Path:
    """A project whose second migration waits until it is killed."""
    second = migration(
        "        migrations.RunPython(wait, migrations.RunPython.noop),",
        ("blog", "0001_initial"),
        functions="""
            def wait(apps, schema_editor):
                import pathlib
                import time

                pathlib.Path("starting").write_text(schema_editor.connection.settings_dict["NAME"])
                pathlib.Path("starting").rename("waiting")
                for _ in range(600):
                    time.sleep(0.1)
        """,
    )
    return blog(root, second)


def start(project: Path, engine: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "migfix", "verify", "blog", "0002", "--settings", "settings"]
    process = subprocess.Popen(
        [*command, "--engine", URLS[engine]],
        cwd=project,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )
    deadline = time.monotonic() + 60
    while not (project / "waiting").exists():
        assert time.monotonic() < deadline, "the migration was never reached"
        assert process.poll() is None, process.communicate()
        time.sleep(0.05)
    return process


def scratch_of(project: Path, engine: str) -> set[str]:
    """The scratch database that a running migration is in."""
    name = (project / "waiting").read_text()
    assert name in scratch_databases(engine)
    return {name}


def gone(engine: str, names: set[str]) -> bool:
    deadline = time.monotonic() + 15
    while scratch_databases(engine) & names:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.2)
    return True


@pytest.fixture
def server_engine(engine: str) -> str:
    if engine == "sqlite":
        pytest.skip("SQLite's scratch databases are in memory: they go with the process")
    return engine


def test_killed_in_the_middle(tmp_path: Path, server_engine: str, migfix: Migfix) -> None:
    """``kill -9`` of everything: the next run drops what is left, and nothing that is in use or not its own."""
    with server(server_engine) as cursor:
        cursor.execute("CREATE DATABASE migfixscratch_of_a_person")
    try:
        process = start(long_running(tmp_path / "killed"), server_engine)
        left = scratch_of(tmp_path / "killed", server_engine)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert left & scratch_databases(server_engine)
        living = start(long_running(tmp_path / "living"), server_engine)
        in_use = scratch_of(tmp_path / "living", server_engine)
        second = migration("", ("blog", "0001_initial"))
        for _ in range(10):
            assert failing(verified(migfix, blog(tmp_path / "next", second), server_engine, "blog", "0002")) == {}
            if not left & scratch_databases(server_engine):
                break
        assert not left & scratch_databases(server_engine)
        assert in_use <= scratch_databases(server_engine)
        os.killpg(living.pid, signal.SIGINT)
        living.communicate()
        assert gone(server_engine, in_use)
        with server(server_engine) as cursor:
            cursor.execute("SELECT datname FROM pg_database" if server_engine == "postgresql" else "SHOW DATABASES")
            assert "migfixscratch_of_a_person" in {name for (name,) in cursor.fetchall()}
    finally:
        with server(server_engine) as cursor:
            cursor.execute("DROP DATABASE migfixscratch_of_a_person")


@pytest.mark.parametrize("who", ["parent", "child"])
def test_killed_alone(tmp_path: Path, server_engine: str, who: str) -> None:
    """The process that is left cleans up."""
    process = start(long_running(tmp_path), server_engine)
    mine = scratch_of(tmp_path, server_engine)
    child = int(Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()[0])
    os.kill(process.pid if who == "parent" else child, signal.SIGKILL)
    if who == "parent":
        process.communicate()
    else:
        out, _ = process.communicate()
        assert process.returncode == 2
        assert b"could not run: The process of the trial was killed (SIGKILL)." in out
    assert gone(server_engine, mine)


def test_interrupted(tmp_path: Path, server_engine: str) -> None:
    """Ctrl-C reaches both processes; one may also be told alone."""
    process = start(long_running(tmp_path), server_engine)
    mine = scratch_of(tmp_path, server_engine)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert process.returncode == 130
    assert b"Traceback" not in out + err
    assert gone(server_engine, mine)


def test_real_database_is_not_touched(tmp_path: Path, migfix: Migfix) -> None:
    second = migration(
        '        migrations.AddField("post", "rank", models.IntegerField(null=True)),', ("blog", "0001_initial")
    )
    project = blog(tmp_path, second, POST_MODEL + "    rank = models.IntegerField(null=True)\n")
    (project / "db.sqlite3").write_bytes(b"")
    assert failing(verified(migfix, project, "sqlite", "blog", "0002")) == {}
    assert (project / "db.sqlite3").read_bytes() == b""
    default = migfix("verify", "blog", "0002", "--settings", "settings", cwd=project)
    assert default.returncode == 0, default.stdout + default.stderr
    assert (project / "db.sqlite3").read_bytes() == b""


assert django.VERSION  # tests of versions above read it in the projects
