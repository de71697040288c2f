"""The rows that a trial inserts."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest
from conftest import Migfix
from projects import POST_MODEL, SETTINGS, migration, write_project
from verifying import blog, failing, verified

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


def test_values_of_test_rows(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """Full length, NULL and filled, unique, choices, checks, links: asserted by a migration that reads the rows."""
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


def test_keys_in_a_cycle_and_to_a_parent(tmp_path: Path, engine: str, migfix: Migfix) -> None:
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
    """A data function reads another app's table, so that table has rows too."""
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


def test_rows_from_a_file(tmp_path: Path, engine: str, migfix: Migfix) -> None:
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
    """A project written by makemigrations: these models, then a nullable field on the last one."""
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
    """Django recreates the foreign keys of the children under new names, which no migration states."""
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
    """What introspection doesn't report is compared too: the expression of a CHECK, the length of text."""
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
    if engine == "mariadb":  # it has no partial indexes
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
