"""Cases that migfix once reported wrongly, or about which its messages contradicted each other."""

from __future__ import annotations

import sys
from pathlib import Path

from conftest import Migfix
from projects import ID, POST, POST_MODEL, migration, write_project

INITIAL = migration(POST, attributes="initial = True")
NULLABLE = migration(
    f'migrations.CreateModel("Post", [("id", {ID}), ("code", models.CharField(max_length=9, null=True))]),',
    attributes="initial = True",
)
REQUIRED = 'migrations.AlterField("post", "code", models.CharField(max_length=9, unique=True)),'


def checked(root: Path, forked: Migfix, text: str, initial: str = INITIAL, select: str = "MIG1", **files: str) -> str:
    """The output of check for 0002 after ``initial``."""
    more = {name.replace("__", "/") + ".py": content for name, content in files.items()}
    names = {"blog/migrations/0001_initial.py": initial, "blog/migrations/0002_next.py": text}
    site = write_project(root, {**names, **more})
    result = forked("check", "blog/migrations/0002_next.py", "--select", select, cwd=site)
    assert "Traceback" not in result.stderr, result.stderr
    return result.stdout + result.stderr


def test_rows_that_have_null_are_deleted_first(tmp_path: Path, forked: Migfix) -> None:
    rows = 'apps.get_model("blog", "Post").objects'
    drop = f"def drop(apps, schema_editor):\n    {rows}.filter(code__isnull=True).delete()\n"
    text = migration(f"migrations.RunPython(drop),\n{REQUIRED}", ("blog", "0001_initial"), functions=drop)
    assert checked(tmp_path, forked, text, NULLABLE).endswith("\nnothing to do: 1 migration checked\n")


def test_rows_are_filled_by_a_callable_object(tmp_path: Path, forked: Migfix) -> None:
    step = 'migrations.RunPython(AddCodes("blog", "post")),'
    text = migration(f"{step}\n{REQUIRED}", ("blog", "0001_initial"), functions="from blog.codes import AddCodes\n")
    assert checked(tmp_path, forked, text, NULLABLE).endswith("\nnothing to do: 1 migration checked\n")
    other = text.replace('"post")),', '"author")),')
    assert "MIG103" in checked(tmp_path / "other", forked, other, NULLABLE)


def test_a_field_of_another_model_with_the_same_name(tmp_path: Path, forked: Migfix) -> None:
    """``update(title=…)`` sets Post's own field, even if Author later gets a ``title`` too."""
    models = POST_MODEL + "\n\nclass Author(models.Model):\n    title = models.CharField(max_length=9)\n"
    author = f'migrations.CreateModel("Author", [("id", {ID})]),'
    fill = "def fill(apps, schema_editor):\n    Post.objects.update(title='a')\n"
    text = migration("migrations.RunPython(fill, migrations.RunPython.noop),", ("blog", "0001_initial"), functions=fill)
    text = text.replace("\n\n\n", "\n\nfrom blog.models import Post\n\n\n", 1)
    initial = migration(f"{POST}\n{author}", attributes="initial = True")
    said = checked(tmp_path, forked, text, initial, "MIG105", blog__models=models)
    assert "apps.get_model() returns the model as it is at this point" in said


def test_a_lookup_through_another_model_is_seen(tmp_path: Path, forked: Migfix) -> None:
    models = POST_MODEL + "\n\nclass Author(models.Model):\n    name = models.CharField(max_length=9)\n"
    author = f'migrations.CreateModel("Author", [("id", {ID})]),'
    fill = "def fill(apps, schema_editor):\n    Post.objects.filter(author__name='a').delete()\n"
    text = migration("migrations.RunPython(fill, migrations.RunPython.noop),", ("blog", "0001_initial"), functions=fill)
    text = text.replace("\n\n\n", "\n\nfrom blog.models import Post\n\n\n", 1)
    initial = migration(f"{POST}\n{author}", attributes="initial = True")
    assert "Author.name isn't in the database yet" in checked(
        tmp_path, forked, text, initial, "MIG105", blog__models=models
    )


def test_a_model_that_another_app_renames(tmp_path: Path, forked: Migfix) -> None:
    """The foreign key of Post follows the rename, both before and after the rewrite."""
    tag = f'migrations.CreateModel("Tag", [("id", {ID})]),'
    keyed = 'migrations.AddField("post", "tag", models.ForeignKey("tags.Tag", models.CASCADE, null=True)),'
    model = f'migrations.CreateModel("Shelf", [("id", {ID})]),'
    key = 'migrations.AddField("post", "shelf", models.ForeignKey("blog.Shelf", models.CASCADE, default=1)),'
    before = ("tags", "0002_rename")
    said = checked(
        tmp_path,
        forked,
        migration(f"{model}\n{key}", ("blog", "0001_initial"), before),
        migration(f"{POST}\n{keyed}", ("tags", "0001_initial"), attributes="initial = True"),
        tags__migrations__0001_initial=migration(tag, attributes="initial = True"),
        tags__migrations__0002_rename=migration('migrations.RenameModel("Tag", "Label"),', ("tags", "0001_initial")),
    )
    assert "1 file would be rewritten" in said, said


def test_django_version_is_read_from_the_environment(tmp_path: Path, forked: Migfix) -> None:
    text = migration(
        'migrations.AddField("post", "rank", models.IntegerField(default=0), preserve_default=False),',
        ("blog", "0001_initial"),
    )
    said = checked(tmp_path, forked, text, select="MIG401")
    assert "can't see which it is" not in said
    assert "MIG401" in said


def test_cleanup_advice_is_one_block_for_each_file(tmp_path: Path, forked: Migfix) -> None:
    fields = "".join(
        f'migrations.AddField("post", "{name}", models.UUIDField(default=uuid.uuid4, unique=True)),\n' for name in "ab"
    )
    first = migration(
        f'migrations.AddField("post", "z", models.TextField(null=True)),\n{fields}', ("blog", "0001_initial")
    )
    said = checked(tmp_path / "more", forked, first.replace("from django", "import uuid\n\nfrom django", 1))
    assert said.count("Where a first attempt at blog.0002_next failed on MySQL or MariaDB") == 1
    assert said.count("    -- if it stopped at line ") == 2


def test_the_syntax_of_a_later_python(tmp_path: Path, forked: Migfix) -> None:
    """The file is skipped and reported, and other files are still checked. Its changes to the models are known."""
    later = "def fill(apps, schema_editor):\n    try:\n        pass\n    except ValueError, KeyError:\n        pass\n"
    added = 'migrations.AddField("post", "code", models.TextField(null=True)),\nmigrations.RunPython(fill),'
    between = migration(added, ("blog", "0001_initial"), functions=later)
    said = checked(tmp_path, forked, between)
    if sys.version_info < (3, 14):
        assert ":7: MIG001: can't fix: this line is in the syntax of Python 3.14, so migfix can't see" in said, said
    site = write_project(tmp_path, {"blog/migrations/0003_code.py": migration(REQUIRED, ("blog", "0002_next"))})
    result = forked("check", "blog/migrations/0003_code.py", "--select", "MIG103", cwd=site)
    assert "MIG103 backfill-before-not-null: can't fix: blog.Post.code no longer allows NULL" in result.stdout


def test_guesses_of_labels_that_contradict_each_other_are_dropped(tmp_path: Path, forked: Migfix) -> None:
    """Two folders whose files depend on ``transport`` can't both be that app."""
    files = {}
    for app in ("bus", "train"):
        files[f"{app}/migrations/0001_initial.py"] = migration(POST, attributes="initial = True")
        files[f"{app}/migrations/0002_next.py"] = migration("", ("transport", "0001_initial"))
    site = write_project(tmp_path, files)
    result = forked("check", "bus", "train", "--select", "MIG3", cwd=site)
    assert (result.returncode, result.stdout.splitlines()[-1]) == (0, "nothing to do: 4 migrations checked"), (
        result.stderr
    )


def test_dependencies_that_are_extended_by_code(tmp_path: Path, forked: Migfix) -> None:
    """The part of the list that is written out keeps the files in order."""
    added = migration('migrations.AddField("post", "code", models.TextField(null=True)),', ("blog", "0001_initial"))
    built = added.replace("0001_initial')]", "0001_initial')] + EXTRA").replace("\n\n\n", "\n\nEXTRA = []\n\n\n", 1)
    assert "+ EXTRA" in built
    last = migration(REQUIRED, ("blog", "0002_next"))
    checked(tmp_path, forked, built)
    site = write_project(tmp_path, {"blog/migrations/0003_code.py": last})
    result = forked("check", "blog/migrations/0003_code.py", "--select", "MIG103", cwd=site)
    assert "MIG103 backfill-before-not-null: can't fix: blog.Post.code no longer allows NULL" in result.stdout


def test_get_for_model_with_a_historical_model(tmp_path: Path, forked: Migfix) -> None:
    fill = (
        "def fill(apps, schema_editor):\n    from django.contrib.contenttypes.models import ContentType\n\n"
        "    Post = apps.get_model('blog', 'Post')\n    ContentType.objects.get_for_model(Post)\n"
    )
    text = migration("migrations.RunPython(fill, migrations.RunPython.noop),", ("blog", "0001_initial"), functions=fill)
    assert "refused" not in checked(tmp_path, forked, text, select="MIG105")
