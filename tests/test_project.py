"""migfix in a project: with git, with settings, with several databases."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from cases import FIXTURES, contents
from conftest import Migfix
from projects import git

SEED = FIXTURES / "seed_default_row"
SETTINGS = """
SECRET_KEY = "x"
INSTALLED_APPS = {apps}
DATABASES = {{
    name: {{"ENGINE": "django.db.backends.sqlite3", "NAME": f"{{name}}.sqlite3"}} for name in ("default", "other")
}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
SILENCED_SYSTEM_CHECKS = ["fields.W342"]
"""


def manage(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "settings", "PYTHONPATH": str(cwd)}
    command = [sys.executable, "-m", "django", *arguments]
    return subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)


def project(tmp_path: Path, case: str, apps: str = '["blog"]') -> Path:
    target = tmp_path / "site"
    shutil.copytree(FIXTURES / case / "before", target)
    models = max((FIXTURES / case / "models").iterdir())
    for path in models.glob("*.py"):
        shutil.copy(path, target / path.stem / "models.py")
    (target / "settings.py").write_text(SETTINGS.format(apps=apps))
    return target


@pytest.mark.parametrize("named", ["0002_category.py", "0003_post_category.py"])
def test_files_that_git_does_not_know_are_new(tmp_path: Path, migfix: Migfix, named: str) -> None:
    """The target is created in one new file and the key is added in another. Either one is named."""
    site = project(tmp_path, "seed_default_row/earlier_file")
    git("init", cwd=site)
    git("add", "blog/migrations/0001_initial.py", cwd=site)
    git("commit", "-m", "deployed", cwd=site)
    result = migfix("apply", f"blog/migrations/{named}", cwd=site)
    assert "seed_category" in (site / "blog/migrations/0003_post_category.py").read_text(), result.stdout
    assert result.returncode == 0


@pytest.mark.parametrize("named", ["0002_category.py", "0003_post_category.py"])
def test_files_on_the_default_branch_are_deployed(tmp_path: Path, migfix: Migfix, named: str) -> None:
    """A deployed target already existed, so nothing is reported. A deployed key isn't changed."""
    site = project(tmp_path, "seed_default_row/earlier_file")
    git("init", cwd=site)
    other = {"0002_category.py": "0003_post_category.py", "0003_post_category.py": "0002_category.py"}[named]
    git("add", f"blog/migrations/{other}", "blog/migrations/0001_initial.py", cwd=site)
    git("commit", "-m", "deployed", cwd=site)
    before = contents(site)
    assert migfix("apply", f"blog/migrations/{named}", cwd=site).returncode == 0
    assert contents(site) == before


def test_a_cycle_is_broken_in_files_that_are_not_deployed(tmp_path: Path, migfix: Migfix) -> None:
    """The nullable key would be moved, but its file is on the default branch."""
    site = project(tmp_path, "break_dependency_cycle/nullable_key_moves", '["members", "posts"]')
    git("init", cwd=site)
    git("add", "members", cwd=site)
    git("commit", "-m", "deployed", cwd=site)
    before = contents(site)
    result = migfix("apply", "posts/migrations/0001_initial.py", cwd=site)
    assert "  also: posts/migrations/0002_initial.py\n" in result.stdout
    changed = {path for path, content in contents(site).items() if before.get(path) != content}
    assert changed == {"posts/migrations/0001_initial.py", "posts/migrations/0002_initial.py"}


def test_git_apply_below_the_top_of_a_repository(tmp_path: Path, migfix: Migfix) -> None:
    site = project(tmp_path, "seed_default_row/one_off_default")
    git("init", cwd=tmp_path)
    patch = migfix("diff", "blog/migrations/0002_category_post_category.py", cwd=site).stdout
    (tmp_path / "change.patch").write_text(patch)
    git("apply", str(tmp_path / "change.patch"), cwd=site)
    assert "seed_category" in (site / "blog/migrations/0002_category_post_category.py").read_text()


def test_django_proves_a_rewrite(tmp_path: Path, migfix: Migfix) -> None:
    site = project(tmp_path, "seed_default_row/one_off_default")
    file = "blog/migrations/0002_category_post_category.py"
    assert migfix("apply", file, "--settings", "nowhere", cwd=site).returncode == 2
    result = migfix("apply", file, "--settings", "settings", cwd=site)
    assert result.returncode == 0, result.stderr
    assert manage("makemigrations", "--check", cwd=site).returncode == 0


def test_django_proves_a_broken_cycle(tmp_path: Path, migfix: Migfix) -> None:
    site = project(tmp_path, "break_dependency_cycle/required_keys", '["members", "posts"]')
    result = migfix("apply", "members", "posts", "--settings", "settings", "--ignore", "MIG3", cwd=site)
    assert result.returncode == 0, result.stderr
    assert list(site.glob("*/migrations/0002_initial.py"))


def test_django_proves_a_file_that_it_could_not_load(tmp_path: Path, migfix: Migfix) -> None:
    """Operations come before their model, so Django has no state before the rewrite, only the intended models."""
    site = project(tmp_path, "order_forward_reference/operations_before_their_own_model", '["library"]')
    assert "KeyError: ('library', 'shelf')" in manage("makemigrations", "--check", cwd=site).stderr
    result = migfix("apply", "library/migrations/0002_shelf.py", "--settings", "settings", cwd=site)
    assert result.returncode == 0, result.stderr
    assert manage("makemigrations", "--check", cwd=site).returncode == 0


def test_migrations_in_another_folder(tmp_path: Path, migfix: Migfix) -> None:
    """MIGRATION_MODULES is read from the settings if no path is passed."""
    site = project(tmp_path, "seed_default_row/one_off_default")
    (site / "history").mkdir()
    (site / "history/__init__.py").touch()
    (site / "blog/migrations").rename(site / "history/blog")
    with (site / "settings.py").open("a") as file:
        file.write('MIGRATION_MODULES = {"blog": "history.blog"}\n')
    git("init", cwd=site)
    git("add", "history/blog/0001_initial.py", cwd=site)
    git("commit", "-m", "deployed", cwd=site)
    (site / "manage.py").write_text('import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")\n')
    for option in (("--settings", "settings"), ()):
        result = migfix("check", *option, cwd=site)
        assert (result.returncode, result.stdout.count(": MIG101 ")) == (1, 1), result.stdout + result.stderr


def test_django_finds_a_difference(tmp_path: Path) -> None:
    """The child process compares the planned files, not the files on disk."""
    from migfix.planning.plan import Plan
    from migfix.prove.project import NotProven, ask_django

    site = project(tmp_path, "seed_default_row/one_off_default")
    path = site / "blog/migrations/0002_category_post_category.py"
    source = path.read_bytes()
    lost = source.replace(b"max_length=50", b"max_length=51")
    assert lost != source
    with pytest.raises(NotProven, match="Alter field name on category"):
        ask_django(Plan({str(path): source}, {str(path): lost}), site, "settings", None)
    assert path.read_bytes() == source


def test_advice_for_the_database_that_was_checked(tmp_path: Path, migfix: Migfix) -> None:
    site = project(tmp_path, "seed_default_row/one_off_default")
    arguments = ["check", "blog/migrations/0002_category_post_category.py", "--settings", "settings"]
    arguments += ["--database", "default"]
    assert "go back first" not in migfix(*arguments, cwd=site).stdout
    assert manage("migrate", "blog", cwd=site).returncode == 0, "without rows the plain migration works"
    refused = migfix(*arguments, cwd=site).stdout
    assert refused.splitlines()[1] == (
        "  next: blog.0002_category_post_category is applied in the database default. Databases that ran it don't run "
        "it again, so a rewrite has no effect there. Go back first (python manage.py migrate blog 0001_initial), or "
        "use --force."
    )
    told = "In database default the original blog.0002_category_post_category already ran, go back first: "
    assert f"{told}python manage.py migrate blog 0001_initial\n" in migfix(*arguments, "--force", cwd=site).stdout
    without_settings = migfix("check", "blog", "--database", "default", cwd=site)
    assert without_settings.stderr == "error: --database needs --settings.\n"


ROUTER = """
class Router:
    def allow_migrate(self, db, app_label, model_name=None, **hints):
        return not (db == "other" and {hidden})
"""


@pytest.mark.parametrize("hidden", ["model_name == 'category'", "app_label == 'blog'", "False"])
def test_several_databases_and_a_router(tmp_path: Path, migfix: Migfix, hidden: str) -> None:
    """The placeholder row is in the migrated database, and a router that keeps its table out doesn't make it crash."""
    site = project(tmp_path, "seed_default_row/one_off_default")
    with (site / "settings.py").open("a") as file:
        file.write('DATABASE_ROUTERS = ["routers.Router"]\n')
    (site / "routers.py").write_text(ROUTER.format(hidden=hidden))
    assert migfix("apply", "blog/migrations/0002_category_post_category.py", cwd=site).returncode == 0
    assert manage("migrate", "blog", "0001", "--database", "other", cwd=site).returncode == 0
    if hidden == "False":
        with closing(sqlite3.connect(site / "other.sqlite3")) as connection:
            connection.execute("INSERT INTO blog_post (title) VALUES ('a')")
            connection.commit()
    result = manage("migrate", "blog", "--database", "other", cwd=site)
    assert result.returncode == 0 or (hidden.startswith("model") and "seed_category" not in result.stderr), (
        result.stderr
    )
    assert manage("migrate", "blog", "--database", "default", cwd=site).returncode == 0


def test_user_model_from_the_settings_of_manage_py(tmp_path: Path, migfix: Migfix) -> None:
    site = tmp_path / "site"
    shutil.copytree(FIXTURES / "break_dependency_cycle" / "custom_user" / "before", site)
    assert migfix("check", ".", cwd=site).returncode == 0, "without the fact there is no circle to see"
    (site / "manage.py").write_text('import os\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")\n')
    (site / "config").mkdir()
    (site / "config" / "base.py").write_text('AUTH_USER_MODEL = "accounts.User"\n')
    (site / "config" / "settings.py").write_text("from .base import *\n")
    result = migfix("check", ".", cwd=site)
    assert "MIG201" in result.stdout


LATER = """from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("shops", "0001_initial")]

    operations = []
"""


def test_a_dependency_added_to_a_deployed_file(tmp_path: Path, migfix: Migfix) -> None:
    """A dependency that a deployed file already had is allowed; a new one isn't, even where migfix would add it."""
    site = project(tmp_path, "add_missing_dependency/leave_declared", '["bills", "orders", "shops"]')
    (site / "shops/migrations/0002_later.py").write_text(LATER)
    bills = site / "bills/migrations/0001_initial.py"
    git("init", cwd=site)
    git("add", ".", cwd=site)
    git("commit", "-m", "deployed", cwd=site)
    assert migfix("check", "bills", "--select", "MIG206", cwd=site).stdout == "nothing to do: 1 migration checked\n"
    was = bills.read_text()
    last = "        ('shops', '0001_initial'),\n"
    bills.write_text(was.replace(last, last + "        ('shops', '0002_later'),\n"))
    result = migfix("check", "bills", "--select", "MIG206", cwd=site)
    assert result.stdout == (
        "bills/migrations/0001_initial.py:14: MIG206 pin-latest: can't fix: the dependency on shops.0002_later "
        "was added to a migration that is on the default branch.\n"
        "  next: Remove it and put it into a new migration: a database that has applied this file but not "
        "shops.0002_later stops every migrate with InconsistentMigrationHistory. If every database has applied both, "
        "list them in `databases` in [tool.migfix], or accept the finding with `# migfix: ignore-file[MIG206]`.\n"
        "  see:  migfix explain MIG206\n\n"
        "1 finding needs your decision\n"
    )
    bills.write_text(was.replace(last, ""))
    git("commit", "-am", "lost", cwd=site)
    result = migfix("check", "bills/migrations/0001_initial.py", "--select", "MIG203", cwd=site)
    assert result.stdout == (
        "bills/migrations/0001_initial.py:21: MIG203 add-missing-dependency: can't fix: shops.Shop is used here, but "
        "no dependency guarantees that it exists by then.\n"
        "  next: This migration is deployed. In a database that has applied it but not shops.0002_later, a new "
        "dependency stops every migrate with InconsistentMigrationHistory. Add the dependency by hand once both are "
        "applied everywhere, with the comment `# migfix: ignore-file[MIG206]`.\n"
        "  see:  migfix explain MIG203\n\n"
        "1 finding needs your decision\n"
    )


def test_labels_are_read_from_the_settings(tmp_path: Path, migfix: Migfix) -> None:
    """Only Django knows this label, because the AppConfig computes it."""
    site = project(tmp_path, "add_missing_dependency/data_step", '["bills", "orders", "shops.apps.Shops"]')
    (site / "shops/apps.py").write_text(
        "from django.apps import AppConfig\n\n\n"
        'class Shops(AppConfig):\n    name = "shops"\n    label = "_".join(("corner", "shops"))\n'
    )
    bills = site / "bills/migrations/0001_initial.py"
    bills.write_text(bills.read_text().replace('get_model("shops"', 'get_model("corner_shops"'))
    refused = migfix("check", "bills", "--select", "MIG203", cwd=site)
    assert "migfix can't see that app's migrations, or what they depend on." in refused.stdout
    result = migfix("apply", "bills", "--select", "MIG203", "--settings", "settings", cwd=site)
    assert result.returncode == 0, result.stdout + result.stderr
    assert '("corner_shops", "0001_initial")' in bills.read_text()
