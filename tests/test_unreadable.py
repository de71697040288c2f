"""Only one form of a migration class is read. Every other form is reported as unread, whatever it does."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from conftest import Migfix
from projects import POST, migration, write_project

SLUG = """        migrations.AddField(
            "post", "slug", models.SlugField(default="", unique=True), preserve_default=False
        ),
"""
PLAIN = f"""from django.db import migrations, models

HEAD
class Migration(migrations.Migration):
    dependencies = [("blog", "0001_initial")]
    operations = [
{SLUG}    ]
BODY

TAIL
"""
BODIES = [
    "operations += [migrations.RunPython(print)]",
    "operations.append(migrations.RunPython(print))",
    "operations.extend([])",
    "operations[0] = None",
    "del operations[0]",
    "del dependencies",
    "dependencies += []",
    'dependencies.append(("shop", "0001_initial"))',
    "if True:\n        operations = []",
    "for each in (1, 2):\n        operations += []",
    "while False:\n        operations = []",
    'with open("x") as file:\n        operations = []',
    "try:\n        operations = []\n    except ValueError:\n        pass",
    "operations = other = []",
    "operations, dependencies = [], []",
    "operations: list = []",
    "(operations := [])",
    'exec("operations = []")',
    'locals()["operations"] = []',
    'vars()["operations"] = []',
    "def __init__(self, *args):\n        super().__init__(*args)\n        self.operations = []",
    "@property\n    def operations(self):\n        return []",
    "def operations(self):\n        return []",
    "more = operations",
    "first = operations[0]",
]
TAILS = [
    "Migration.operations += []",
    "Migration.operations.append(migrations.RunPython(print))",
    "Migration.operations = []",
    "Migration.dependencies = []",
    "Migration.operations[0] = None",
    "del Migration.operations[0]",
    "if True:\n    Migration.operations += []",
    "for each in [1]:\n    Migration.operations.append(each)",
    'setattr(Migration, "operations", [])',
    'delattr(Migration, "dependencies")',
    "M = Migration\nM.operations = []",
    "def change(cls=Migration):\n    cls.operations = []\n\n\nchange()",
    "def change():\n    Migration.operations = []\n\n\nchange()",
    'globals()["Migration"].operations = []',
    'exec("Migration.operations = []")',
    "class Migration(Migration):\n    pass",
    "Migration = object",
    "class Other(Migration):\n    pass",
    "[Migration.operations.append(each) for each in ()]",
    "(lambda cls: cls.operations.clear())(Migration)",
]
CLASSES = [
    ("class Migration(migrations.Migration):", "@dataclass\nclass Migration(migrations.Migration):"),
    ("class Migration(migrations.Migration):", "class Migration(migrations.Migration, metaclass=type):"),
    ("operations = [\n", "operations = [] + [\n"),
    ("operations = [\n", "operations = [*(), \n"),
    ("operations = [\n", "operations = o = [\n"),
    ('[("blog", "0001_initial")]', 'MORE + [("blog", "0001_initial")]'),
    ('[("blog", "0001_initial")]', '[("blog", "0001_initial"), *MORE]'),
    ('[("blog", "0001_initial")]', '[("blog", "0001_initial"), (f"{SHOP}", "0001_initial")]'),
    ('[("blog", "0001_initial")]', '[("blog", "0001_initial"), ("shop", first())]'),
    ('[("blog", "0001_initial")]', '[("blog", "0001_initial"), ("../shop", "0001_initial")]'),
    ('[("blog", "0001_initial")]', '[("blog", "0001_initial"), SHOP]'),
    ('"slug"', '"two words"'),
    ('"slug"', '"class"'),
    ('"slug"', '""'),
    ('"slug"', '"x/../../../../pwned"'),
    ('"slug"', '"a\\n::error::b"'),
    ('"slug"', f'"{"s" * 300}"'),
    ('"post"', '"po st"'),
]
FUNCTION = """def copy(apps, schema_editor):
    Migration = apps.get_model("blog", "Migration")
    for row in Migration.objects.all():
        setattr(row, "name", vars(row)["title"])
        row.save()
"""
READ = [
    "",
    '"""Of a class."""',
    "# a comment about operations",
    "atomic = False",
    "initial = False",
    "elidable: bool = True",
    "def __str__(self):\n        return 'operations'",
    "def apply(self, state, schema_editor, collect_sql=False):\n        return super().apply(state, schema_editor)",
    "run_before = []",
    "def __init__(self, *args):\n        super().__init__(*args)\n        self.note = ''",
    "def count(self, operations):\n        return len(operations), vars(self), locals()",
]


def refusals(text: str, root: Path, forked: Migfix) -> list[dict[str, str]]:
    write_project(
        root,
        {
            "blog/migrations/0001_initial.py": migration(POST, attributes="initial = True"),
            "blog/migrations/0002_slug.py": text,
        },
    )
    before = (root / "blog/migrations/0002_slug.py").read_bytes()
    result = forked("apply", "blog", "--force", "--output-format", "json", cwd=root)
    assert result.returncode in (0, 1), result.stderr
    found = [each for each in json.loads(result.stdout)["findings"] if each["code"] == "MIG001"]
    if found:
        assert (root / "blog/migrations/0002_slug.py").read_bytes() == before
        assert not (root.parent / "pwned.py").exists()
    return found


@pytest.mark.parametrize("body", BODIES)
def test_in_the_class(body: str, tmp_path: Path, forked: Migfix) -> None:
    text = PLAIN.replace("HEAD\n", "\n").replace("BODY", f"    {body}").replace("TAIL", "")
    assert refusals(text, tmp_path / "project", forked)


@pytest.mark.parametrize("tail", TAILS)
def test_after_the_class(tail: str, tmp_path: Path, forked: Migfix) -> None:
    text = PLAIN.replace("HEAD\n", "\n").replace("BODY", "").replace("TAIL", tail)
    assert refusals(text, tmp_path / "project", forked)


@pytest.mark.parametrize(("old", "new"), CLASSES)
def test_the_class_and_its_lists(old: str, new: str, tmp_path: Path, forked: Migfix) -> None:
    text = PLAIN.replace(old, new, 1).replace("HEAD\n", "\n").replace("BODY", "").replace("TAIL", "")
    assert refusals(text, tmp_path / "project", forked)


@pytest.mark.parametrize("body", READ)
def test_forms_that_are_read(body: str, tmp_path: Path, forked: Migfix) -> None:
    text = PLAIN.replace("HEAD", "BLOG = 'blog'\n").replace('[("blog",', "[(BLOG,")
    assert not refusals(text.replace("BODY", f"    {body}").replace("TAIL", ""), tmp_path / "project", forked)


@pytest.mark.parametrize("found", ['= apps.get_model("blog", "Migration")', "import"])
def test_a_model_called_migration(found: str, tmp_path: Path, forked: Migfix) -> None:
    function = FUNCTION.replace('Migration = apps.get_model("blog", "Migration")', "from blog.models import Migration")
    function = function if found == "import" else FUNCTION
    text = PLAIN.replace("HEAD", f"\n{function}\n").replace("BODY", "").replace("TAIL", "")
    assert not refusals(text, tmp_path / "project", forked)


def test_two_spaces_after_class(tmp_path: Path, forked: Migfix) -> None:
    """It is still a migration: the first one of its app isn't mistaken for a file of another app."""
    first = migration(POST, attributes="initial = True").replace("class Migration(", "class  Migration (")
    root = write_project(tmp_path, {"blog/migrations/0001_initial.py": first})
    (root / "blog/migrations/0002_slug.py").write_text(
        PLAIN.replace("HEAD\n", "").replace("BODY", "").replace("TAIL", "")
    )
    result = forked("apply", "blog/migrations/0002_slug.py", "--force", "--select", "MIG102", cwd=root)
    assert "MIG102 fill-unique-field: blog.Post.slug is unique" in result.stdout


def test_no_dependency_where_one_is_not_read(tmp_path: Path, forked: Migfix) -> None:
    """The other app's file may depend on this one, so a dependency on it could close a cycle."""
    root = write_project(
        tmp_path,
        {
            "blog/migrations/0001_initial.py": migration(
                """migrations.CreateModel("Post", [
                    ("id", ID), ("shop", models.ForeignKey("shop.Shop", models.CASCADE)),
                ]),"""
            ),
            "shop/migrations/0001_initial.py": migration('migrations.CreateModel("Shop", [("id", ID)]),').replace(
                "dependencies = []", "dependencies = [waits_for('blog')]"
            ),
        },
    )
    before = (root / "blog/migrations/0001_initial.py").read_bytes()
    result = forked("apply", "blog", "--force", "--select", "MIG203", cwd=root)
    assert "migfix can't see that app's migrations, or what they depend on." in result.stdout
    assert (root / "blog/migrations/0001_initial.py").read_bytes() == before
