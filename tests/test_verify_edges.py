"""What a trial sees of rows: lost and unreadable values, keys into other tables, and rows at the edge of the models."""

from __future__ import annotations

from pathlib import Path

import pytest
from conftest import Migfix
from projects import migration, write_project
from verifying import failing, verified

FIRST = """
    migrations.CreateModel("User", [("id", ID)]),
    migrations.CreateModel("Profile", [("id", ID)]),
    migrations.CreateModel("Post", [
        ("id", ID),
        ("title", models.CharField(max_length=50)),
        ("size", models.IntegerField()),
        ("user", models.ForeignKey("blog.User", models.CASCADE)),
    ]),
"""
MODELS = """
from django.db import models


class User(models.Model):
    pass


class Profile(models.Model):
    pass


class Post(models.Model):
    title = models.CharField(max_length=50)
    size = models.IntegerField()
    user = models.ForeignKey(User, models.CASCADE)
"""


def site(root: Path, operation: str, old: str = "", new: str = "") -> Path:
    files = {
        "blog/models.py": MODELS.replace(old, new),
        "blog/migrations/0001_initial.py": migration(FIRST, attributes="initial = True"),
        "blog/migrations/0002_next.py": migration(f"migrations.{operation},", ("blog", "0001_initial")),
    }
    assert not old or old in MODELS
    return write_project(root, files)


SECOND = "blog/migrations/0002_next.py"


def notes(trial: dict[str, object]) -> list[str]:
    steps = trial["steps"]
    assert isinstance(steps, dict)
    return list(steps.get("edge rows", {}).get("notes", ()))


def test_a_key_into_another_table(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """The numbers stay, so that each post gets somebody else's profile."""
    field = 'AlterField("post", "user", models.ForeignKey("blog.Profile", models.CASCADE))'
    project = site(tmp_path, field, "ForeignKey(User", "ForeignKey(Profile")
    told = failing(verified(migfix, project, engine, SECOND))["forward"]
    assert told.startswith("blog_post.user_id of row 101 pointed into blog_user, and points into blog_profile now; ")


def test_a_renamed_target_is_the_same(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    project = site(tmp_path, 'RenameModel("User", "Member")', "User", "Member")
    assert failing(verified(migfix, project, engine, SECOND)) == {}


def test_a_step_about_another_table_hides_no_loss(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    operation = 'AlterField("post", "user", models.ForeignKey("blog.Profile", models.CASCADE))'
    root = site(tmp_path, operation, "models.ForeignKey(User", "models.ForeignKey(Profile")
    path = root / SECOND
    fill = (
        "def fill(apps, schema_editor):\n    apps.get_model('blog', 'Profile').objects.create()\n\n\nclass Migration("
    )
    text = path.read_text().replace("class Migration(", fill, 1)
    path.write_text(
        text.replace(f"migrations.{operation},", f"migrations.RunPython(fill, fill), migrations.{operation},")
    )
    found = failing(verified(migfix, root, engine, SECOND))
    assert "pointed into blog_user, and points into blog_profile now" in str(found)


def test_text_that_is_no_uuid(tmp_path: Path, migfix: Migfix) -> None:
    """SQLite takes any text, and the model can't read it."""
    operation = 'AlterField("post", "size", models.UUIDField())'
    project = site(tmp_path, operation, "size = models.IntegerField()", "size = models.UUIDField()")
    told = failing(verified(migfix, project, "sqlite", SECOND))
    assert told == {"forward": "blog_post can't be read: badly formed hexadecimal UUID string"}


NULLABLE = {
    "sqlite": "IntegrityError: NOT NULL constraint failed: new__blog_post.title",
    "postgresql": 'IntegrityError: column "title" of relation "blog_post" contains null values',
    "mariadb": "DataError: (1265, \"Data truncated for column 'title' at row 3\")",
}


def test_null_of_the_new_release(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """It is noted with the database's own words, and no failure."""
    operation = 'AlterField("post", "title", models.CharField(max_length=50, null=True))'
    trial = verified(migfix, site(tmp_path, operation, "max_length=50", "max_length=50, null=True"), engine, SECOND)
    assert failing(trial) == {}
    assert notes(trial) == [f"blog_post.title: one row has NULL; going back fails: {NULLABLE[engine]}"]


@pytest.mark.parametrize(
    ("operation", "old", "new", "told"),
    [
        (
            'AlterField("post", "size", models.PositiveIntegerField())',
            "size = models.Int",
            "size = models.PositiveInt",
            "blog_post.size: one row has -1; migrating fails: ",
        ),
        (
            'AlterUniqueTogether("post", {("title", "size")})',
            "(User, models.CASCADE)\n",
            '(User, models.CASCADE)\n\n    class Meta:\n        unique_together = [("title", "size")]\n',
            "blog_post.title, size: two rows are equal; migrating fails: IntegrityError: ",
        ),
        (
            'AlterField("post", "title", models.CharField(max_length=90))',
            "max_length=50",
            "max_length=90",
            "blog_post.title: one row has text of 90 characters; going back fails: DataError: ",
        ),
    ],
)
def test_edge_rows(tmp_path: Path, engine: str, migfix: Migfix, operation: str, old: str, new: str, told: str) -> None:
    trial = verified(migfix, site(tmp_path, operation, old, new), engine, SECOND)
    assert failing(trial) == {}
    if "90" in operation and engine == "sqlite":  # it doesn't know lengths
        assert notes(trial) == []
        assert trial["steps"]["edge rows"]["outcome"] == "passed"
    else:
        (note,) = notes(trial)
        assert note.startswith(told)
        assert "DETAIL" not in note


CUT = "blog_post.title: one row has text of 2000 characters; going back "


def test_text_that_going_back_cuts(tmp_path: Path, engine: str, migfix: Migfix) -> None:
    """PostgreSQL cuts it, and the other servers fail. After ``apply``, PostgreSQL stops and names the row (MIG303)."""
    operation = 'AlterField("post", "title", models.TextField())'
    root = site(tmp_path, operation, "title = models.CharField(max_length=50)", "title = models.TextField()")
    told = notes(verified(migfix, root, engine, SECOND))
    without = {"sqlite": [], "postgresql": [f"{CUT}changes it without an error"]}
    assert told == without.get(
        engine, [f"{CUT}fails: DataError: (1406, \"Data too long for column 'title' at row 3\")"]
    )
    assert migfix("apply", SECOND, "--force", cwd=root).returncode == 0
    trial = verified(migfix, root, engine, SECOND)
    assert failing(trial) == {}
    stops = [f"{CUT}fails: ValueError: title of blog.Post is longer than 50 characters in rows [103]"]
    assert notes(trial) == (stops if engine == "postgresql" else told)


def test_no_edge_no_step(tmp_path: Path, migfix: Migfix) -> None:
    operation = 'AlterField("post", "size", models.BigIntegerField())'
    project = site(tmp_path, operation, "size = models.Int", "size = models.BigInt")
    assert "edge rows" not in verified(migfix, project, "sqlite", SECOND)["steps"]
