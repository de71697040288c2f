"""``migfix models``: import cycles between models."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from cases import contents
from conftest import Migfix
from projects import write_project

POSTS = """\
from django.db import models

from members.models import Member  # the author


class Post(models.Model):
    # Who wrote it.
    author = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="posts")  # never null

    def mail(self):
        return Member.objects.get(pk=self.author_id).email
"""
MEMBERS = """\
from django.db import models
from posts.models import Post, Tag
from shops.models import Shop


class Member(models.Model):
    email = models.EmailField()
    favourite = models.ForeignKey( Post , models.SET_NULL, null=True, related_name='+')
    tags = models.ManyToManyField(to=Tag, blank=True)
    shop = models.ForeignKey(Shop, models.CASCADE)
"""
TAG = "\n\nclass Tag(models.Model):\n    name = models.CharField(max_length=9)\n"
SHOPS = "from django.db import models\n\n\nclass Shop(models.Model):\n    name = models.CharField(max_length=9)\n"


def config(label: str = "") -> str:
    said = f'    label = "{label}"\n' if label else ""
    return f"from django.apps import AppConfig\n\n\nclass Config(AppConfig):\n    name = 'x'\n{said}"


def project(tmp_path: Path, **files: str) -> Path:
    """posts has relations to members and uses it elsewhere; members only has relations to posts."""
    usual = {
        "manage.py": "",
        "posts/models.py": POSTS + TAG,
        "posts/migrations/0001_initial.py": "class Migration:\n    dependencies = []\n    operations = []\n",
        "members/models.py": MEMBERS,
        "members/apps.py": config(),
        "shops/models.py": SHOPS,
        "shops/apps.py": config(),
    }
    return write_project(tmp_path / "site", usual | files)


def loaded(root: Path, apps: list[str]) -> subprocess.CompletedProcess[str]:
    """Run Django's checks with these apps installed."""
    code = (
        f"from django.conf import settings; settings.configure(INSTALLED_APPS={apps!r}, "
        "DEFAULT_AUTO_FIELD='django.db.models.BigAutoField'); import django; django.setup(); "
        "from django.core.management import call_command; call_command('check')"
    )
    environment = os.environ | {"PYTHONPATH": str(root)}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False)


def test_from_an_import_error_to_a_project_that_loads(tmp_path: Path, migfix: Migfix) -> None:
    root = project(tmp_path)
    for name in ("members", "shops"):
        (root / name / "apps.py").write_text(config().replace("'x'", repr(name)))
    assert "partially initialized module" in loaded(root, ["posts", "members", "shops"]).stderr
    shown = migfix("models", "members", "posts", cwd=root)
    assert shown.stderr == (
        "members/models.py:2: Post is only used in relations, and its module imports this one in turn.\n"
        "  fix: use the string 'posts.Post' and remove the import.\n"
        "members/models.py:2: Tag is only used in relations, and its module imports this one in turn.\n"
        "  fix: use the string 'posts.Tag' and remove the import.\n"
        "1 file would be rewritten\n"
    )
    assert shown.returncode == 1
    assert (root / "members/models.py").read_text() == MEMBERS
    result = migfix("models", "members", "posts", "--write", cwd=root)
    assert result.returncode == 0
    expected = MEMBERS.replace("from posts.models import Post, Tag\n", "").replace(" Post ", " 'posts.Post' ")
    assert (root / "members/models.py").read_text() == expected.replace("to=Tag", "to='posts.Tag'")
    assert (root / "posts/models.py").read_text() == POSTS + TAG
    again = migfix("models", "members", "posts", cwd=root)
    assert (again.returncode, again.stderr, again.stdout) == (0, "nothing to do\n", "")
    checked = loaded(root, ["posts", "members", "shops"])
    assert checked.returncode == 0, checked.stderr
    patched = subprocess.run(["git", "apply", "-R"], cwd=root, input=shown.stdout, text=True, check=False)
    assert patched.returncode == 0
    assert (root / "members/models.py").read_text() == MEMBERS


@pytest.mark.parametrize(
    ("files", "label"),
    [
        ({"posts/apps.py": config("journal")}, "journal.Post"),
        (
            {
                "posts/models.py": POSTS.replace(
                    "    def mail", "    class Meta:\n        app_label = 'press'\n\n    def mail"
                )
                + TAG
            },
            "press.Post",
        ),
        (
            {
                "posts/models.py": "",
                "posts/models/__init__.py": "from posts.models.post import Post, Tag\n",
                "posts/models/post.py": POSTS + TAG,
            },
            "posts.Post",
        ),
        (
            {
                "posts/models.py": "",
                "posts/models/__init__.py": "from .post import *\n",
                "posts/models/post.py": POSTS + TAG,
            },
            "posts.Post",
        ),
    ],
    ids=["AppConfig.label", "app_label", "package", "package with a star"],
)
def test_labels(files: dict[str, str], label: str, tmp_path: Path, migfix: Migfix) -> None:
    root = project(tmp_path, **files)
    if "posts/models/__init__.py" in files:
        (root / "posts/models.py").unlink()
    migfix("models", "members", "--write", cwd=root)
    assert f"ForeignKey( '{label}' ," in (root / "members/models.py").read_text()


@pytest.mark.parametrize(
    ("members", "why"),
    [
        (
            MEMBERS + "\n    def last(self):\n        return Post.objects.last()\n",
            "line 13 uses Post outside a relation",
        ),
        (MEMBERS + "\n\n__all__ = ['Member', 'Post']\n", "other modules import Post from this one"),
        (
            MEMBERS.replace("from posts.models import Post, Tag", "from posts.models import *"),
            "line 2 imports * rather than a model",
        ),
        (
            MEMBERS.replace(
                "from posts.models import Post, Tag", "import posts.models as p\nPost = p.Post\nTag = p.Tag"
            ),
            "line 2 imports the module rather than a model",
        ),
        (
            MEMBERS.replace(
                "from posts.models import Post, Tag",
                "try:\n    from posts.models import Post, Tag\nexcept ImportError:\n    raise",
            ),
            "the import of Post is inside `if` or `try`",
        ),
        (MEMBERS.replace("(models.Model)", "(Post)"), "line 6 uses Post outside a relation"),
    ],
)
def test_unfixed_import_cycles_have_a_reason(members: str, why: str, tmp_path: Path, migfix: Migfix) -> None:
    root = project(tmp_path, **{"members/models.py": members})
    was = contents(root)
    result = migfix("models", "members", "--write", cwd=root)
    assert "can't fix: members/models.py and posts/models.py import each other.\n" in result.stdout
    assert f": {why}.\n" in result.stdout
    assert contents(root) == was
    assert result.returncode == 1


def test_other_modules_import_the_model_from_this_one(tmp_path: Path, migfix: Migfix) -> None:
    root = project(tmp_path, **{"shops/views.py": "from members.models import Member, Post\n"})
    assert "other modules import Post from this one." in migfix("models", "members", cwd=root).stderr


TYPED = """\
from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models

if TYPE_CHECKING:
    from posts.models import Post


class Member(models.Model):
    post: Post
"""
IN_A_FUNCTION = """\
from django.db import models


class Member(models.Model):
    def posts(self):
        from posts.models import Post

        return Post.objects.all()
"""


@pytest.mark.parametrize(
    "members",
    [
        MEMBERS.replace("from posts.models import Post, Tag\n", "")
        .replace(" Post ", " 'posts.Post' ")
        .replace("=Tag", "='posts.Tag'"),
        TYPED,
        IN_A_FUNCTION,
    ],
    ids=["strings", "type checking", "in a function"],
)
def test_no_import_cycle(members: str, tmp_path: Path, migfix: Migfix) -> None:
    root = project(tmp_path, **{"members/models.py": members})
    result = migfix("models", "members", "posts", "shops", cwd=root)
    assert (result.returncode, result.stderr, result.stdout) == (0, "nothing to do\n", "")


def test_an_app_with_an_unknown_label(tmp_path: Path, migfix: Migfix) -> None:
    root = project(tmp_path)
    shutil.rmtree(root / "posts/migrations")
    result = migfix("models", "members", cwd=root)
    expected = "migfix can't determine the app of Post: its package needs an AppConfig in apps.py."
    assert f"members/models.py:2: {expected}\n" in result.stderr
    (root / "manage.py").write_text("import os\n\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'settings')\n")
    (root / "settings.py").write_text("INSTALLED_APPS = ['posts', 'members', 'shops']\n")
    assert "'posts.Post'" in migfix("models", "members", cwd=root).stderr


def test_three_apps_and_bytes(tmp_path: Path, migfix: Migfix) -> None:
    """A cycle of three apps is broken in one place. Line ends, a byte order mark and comments are kept."""
    root = project(tmp_path)
    shops = SHOPS.replace("models\n", "models\nfrom members.models import Member # boss\n", 1)
    shops += "    boss = models.ForeignKey(\n        Member,  # who\n        models.CASCADE,\n    )\n"
    (root / "shops/models.py").write_bytes(b"\xef\xbb\xbf" + shops.replace("\n", "\r\n").encode())
    members = MEMBERS.replace(", Tag", "").replace("to=Tag", "to='posts.Tag'").replace("(Shop,", "('shops.Shop',")
    (root / "members/models.py").write_text(members.replace("from shops.models import Shop\n", ""))
    posts = POSTS.replace("from members.models import Member  # the author", "from shops.models import Shop")
    (root / "posts/models.py").write_text(posts.replace("Member", "Shop") + TAG)
    result = migfix("models", "shops", "--write", cwd=root)
    assert result.returncode == 0, result.stdout
    after = (root / "shops/models.py").read_bytes()
    expected = shops.replace("from members.models import Member # boss\n", "").replace("Member,", '"members.Member",')
    assert after == b"\xef\xbb\xbf" + expected.replace("\n", "\r\n").encode()


def test_errors_are_one_line(tmp_path: Path, migfix: Migfix) -> None:
    root = project(tmp_path)
    (root / "posts/models.py").write_text("class Post(:\n")
    for path, expected in [
        ("nowhere", "nowhere: no such file or directory."),
        ("manage.txt", "manage.txt: this is not a Python file."),
        ("posts/migrations", "posts/migrations: there are no models in this folder."),
        ("members", "posts/models.py:1: this is not valid Python: "),
    ]:
        (root / "manage.txt").touch()
        result = migfix("models", path, cwd=root)
        assert result.returncode == 2
        assert expected in result.stderr
        assert result.stderr.count("\n") == 1
