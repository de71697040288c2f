"""Projects whose migrations Django can't load: "nothing to do" never stands beside one."""

from __future__ import annotations

from pathlib import Path

import pytest
from cases import commit
from conftest import Migfix
from projects import POST, SETTINGS, migration, write_project
from test_squash import django_admin

MANAGE = 'import os\n\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n'
FIRST = "blog/migrations/0001_initial.py"
ADMIN = """
SECRET_KEY = "x"
INSTALLED_APPS = [
    "django.contrib.admin", "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.messages",
    "django.contrib.sessions", "people",
]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
AUTH_USER_MODEL = "people.User"
SILENCED_SYSTEM_CHECKS = ["admin.E403", "admin.E406", "admin.E408", "admin.E409", "admin.E410"]
"""
USER = """
from django.contrib.auth.models import AbstractUser
from django.db import models


class User(AbstractUser):
    last_entry = models.ForeignKey("admin.LogEntry", models.SET_NULL, null=True, related_name="+")
"""


def project(root: Path, dependency: tuple[str, str], **more: str) -> Path:
    """A project with one migration that depends on something."""
    source = migration(POST, dependency, attributes="initial = True")
    return write_project(root, {FIRST: source, "manage.py": MANAGE, **more})


def test_a_cycle_through_admin_is_cut(tmp_path: Path, forked: Migfix) -> None:
    """Plain makemigrations writes it, and then no command works."""
    root = write_project(
        tmp_path,
        {"manage.py": MANAGE, "settings.py": ADMIN, "people/models.py": USER, "people/migrations/__init__.py": ""},
    )
    assert django_admin(root, "makemigrations", "people").returncode == 0
    assert "CircularDependencyError" in django_admin(root, "migrate").stderr
    result = forked("check", "people", cwd=root)
    assert result.returncode == 1
    shown = "people.0001_initial -> admin.0003_logentry_add_action_flag_choices -> "
    assert f"MIG201 break-dependency-cycle: these migrations depend on each other in a cycle: {shown}" in result.stdout
    assert forked("apply", "people", cwd=root).returncode == 0
    for target in ((), ("people", "0001"), ()):
        migrated = django_admin(root, "migrate", *target)
        assert migrated.returncode == 0, migrated.stderr
    assert django_admin(root, "makemigrations", "--check").returncode == 0


def test_an_app_that_is_nowhere(tmp_path: Path, forked: Migfix) -> None:
    root = project(tmp_path, ("lost", "0001_initial"))
    assert "NodeNotFoundError" in django_admin(root, "migrate").stderr
    result = forked("check", FIRST, cwd=root)
    assert result.returncode == 1
    assert (
        "MIG205 drop-phantom-dependency: can't fix: the project has no app lost, and this file depends on "
        "lost.0001_initial: NodeNotFoundError.\n"
        "  next: Add the app to INSTALLED_APPS, or remove the dependency if nothing of lost is used.\n"
    ) in result.stdout


@pytest.mark.parametrize("option", [(), ("--all",), ("--settings", "settings")])
def test_a_deployed_file_that_stops_every_command(tmp_path: Path, forked: Migfix, option: tuple[str, ...]) -> None:
    """It is named although no migration is new, and it isn't passed over."""
    root = project(tmp_path, ("lost", "0001_initial"))
    commit(root)
    result = forked("check", *option, cwd=root)
    assert result.returncode == 1
    assert "MIG205 drop-phantom-dependency: can't fix: the project has no app lost" in result.stdout


def test_two_leaves_that_are_deployed(tmp_path: Path, forked: Migfix) -> None:
    root = project(tmp_path, ("blog", "0000_none"), **{"settings.py": SETTINGS})
    (root / FIRST).write_text(migration(POST, attributes="initial = True"))
    for name in ("rank", "stars"):
        field = f'migrations.AddField("post", "{name}", models.IntegerField(null=True)),'
        (root / f"blog/migrations/0002_{name}.py").write_text(migration(field, ("blog", "0001_initial")))
    commit(root)
    for option in ((), ("--all",)):
        result = forked("check", *option, cwd=root)
        assert (result.returncode, "0002_rank and 0002_stars are both leaves of blog" in result.stdout) == (1, True)
    assert forked("check", "--staged", cwd=root).returncode == 0


def test_a_deployed_file_that_is_gone(tmp_path: Path, forked: Migfix) -> None:
    root = project(tmp_path, ("blog", "0000_none"), **{"settings.py": SETTINGS})
    (root / FIRST).write_text(migration(POST, attributes="initial = True"))
    path = root / "blog/migrations/0002_rank.py"
    path.write_text(migration('migrations.RemoveField("post", "title"),', ("blog", "0001_initial")))
    commit(root)
    path.unlink()
    for option in ((), ("--all",)):
        result = forked("check", *option, cwd=root)
        assert (result.returncode, "is deployed, and its file is gone" in result.stderr) == (2, True), result.stderr


@pytest.mark.parametrize(
    "settings",
    [
        SETTINGS.replace('["blog"]', '["blog", "vendor.lost"]'),  # not visible from here
        SETTINGS.replace('["blog"]', '["blog", "nowhere.apps.NowhereConfig"]'),  # may have that label
        SETTINGS + "INSTALLED_APPS += OTHERS\n",
    ],
)
def test_an_app_that_may_be_somewhere(settings: str, tmp_path: Path, forked: Migfix) -> None:
    root = project(tmp_path, ("lost", "0001_initial"))
    (root / "settings.py").write_text(settings)
    assert forked("check", FIRST, cwd=root).returncode == 0


def test_a_label_that_changed(tmp_path: Path, forked: Migfix) -> None:
    config = 'from django.apps import AppConfig\n\n\nclass ShopConfig(AppConfig):\n    name = label = "shop"\n'
    item = migration(POST, attributes="initial = True")
    root = project(
        tmp_path,
        ("shop", "0001_initial"),
        **{
            "shop/apps.py": config.replace('name = label = "shop"', 'name = "shop"\n    label = "store"'),
            "shop/migrations/0001_initial.py": item,
            "settings.py": SETTINGS.replace('["blog"]', '["blog", "shop"]'),
        },
    )
    assert "NodeNotFoundError" in django_admin(root, "migrate").stderr
    result = forked("check", FIRST, cwd=root)
    assert (
        "can't fix: the app shop is called store now, and this file depends on shop.0001_initial: NodeNotFoundError.\n"
        '  next: Set `label = "shop"` in its AppConfig: databases have recorded its migrations under that name. Or '
        "let them follow: migfix rename-app shop store.\n"
    ) in result.stdout


def test_code_that_is_gone_elsewhere(tmp_path: Path, forked: Migfix) -> None:
    """A file that wasn't named can't be imported: Django says so in one line, with --settings."""
    second = migration("", ("blog", "0001_initial")).replace("from django", "import blog.colors\nfrom django", 1)
    root = write_project(
        tmp_path,
        {FIRST: migration(POST, attributes="initial = True"), "blog/migrations/0002_more.py": second},
    )
    result = forked("check", FIRST, "--settings", "settings", cwd=root)
    assert result.returncode == 2
    assert result.stderr == (
        "error: Django can't load the migrations: ModuleNotFoundError: No module named 'blog.colors'. "
        "Nothing was written.\n"
    )
    assert "nothing to do" not in result.stdout
    (root / "blog/colors.py").touch()
    assert forked("check", FIRST, "--settings", "settings", cwd=root).returncode == 0


def test_an_app_that_was_moved(tmp_path: Path, forked: Migfix) -> None:
    """Its migrations still depend on each other under the old label; then somebody replaces the label by hand."""
    item = migration(POST, attributes="initial = True")
    more = 'migrations.AddField("post", "rank", models.IntegerField(null=True)),'
    key = 'migrations.AddField("post", "item", models.ForeignKey("shop.post", models.SET_NULL, null=True)),'
    root = write_project(
        tmp_path,
        {
            FIRST: migration(f"{POST}{key}", ("shop", "0001_initial"), attributes="initial = True"),
            "manage.py": MANAGE,
            "shop/migrations/0001_initial.py": item,
            "shop/migrations/0002_more.py": migration(more, ("shop", "0001_initial")),
            "settings.py": SETTINGS.replace('["blog"]', '["blog", "shop"]'),
        },
    )
    commit(root)
    (root / "shop").rename(root / "store")
    (root / "settings.py").write_text(SETTINGS.replace('["blog"]', '["blog", "store"]'))
    assert "NodeNotFoundError" in django_admin(root, "migrate").stderr
    result = forked("check", FIRST, "--force", cwd=root)
    assert (
        "MIG205 drop-phantom-dependency: can't fix: the app shop is called store now, and this file depends on "
        "shop.0001_initial: NodeNotFoundError.\n"
    ) in result.stdout
    for path in (root / FIRST, root / "store/migrations/0002_more.py"):
        path.write_text(path.read_text().replace("shop", "store"))
    assert django_admin(root, "migrate").returncode == 0
    result = forked("check", cwd=root)
    assert (
        "MIG209 keep-deployed-file: can't fix: blog.0001_initial is on main, and was edited (blog.Post.item has "
        "changed): databases that ran it never get the change.\n"
        "  next: Restore the label shop in all migrations, and run migfix rename-app shop store.\n"
    ) in result.stdout
