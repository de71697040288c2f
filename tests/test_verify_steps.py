"""What a trial shows step by step."""

from __future__ import annotations

from pathlib import Path

from conftest import Migfix
from projects import POST_MODEL, migration
from verifying import blog, failing, verified


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
        "blog_post.title differs after going back: the reverse of RunPython shorten (line 12) does nothing"
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
    assert failing(trial) == {"back": "blog_post.title differs after going back"}


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


def test_sequence_is_behind_an_explicit_key(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """An ordinary insert after a row with an explicit key: PostgreSQL's sequence still starts at 1."""
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
    """An index is removed from the state but stays in the table."""
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
    assert failing(trial)["plain schema"].startswith(
        "compared with a plain build of the models, blog_post: by_title is left over"
    )


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
    """Code that doesn't know a new required column can't insert. This is noted and isn't a failure."""
    second = migration(
        '        migrations.AddField("post", "rank", models.IntegerField(default=1), preserve_default=False),',
        ("blog", "0001_initial"),
    )
    models = POST_MODEL + "    rank = models.IntegerField()\n"
    trial = verified(migfix, blog(tmp_path, second, models), engine, "blog", "0002")
    assert failing(trial) == {}
    (note,) = trial["steps"]["previous release"]["notes"]
    assert note.startswith("the previous release can't insert into blog_post: IntegrityError: ")
    assert trial["rows"] == {"blog_post": [3, 3, 3, 3]}
