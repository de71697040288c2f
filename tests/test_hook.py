"""``INSTALLED_APPS += ["migfix"]``: makemigrations runs as usual, and migfix runs after it."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cases import contents
from terminal import typed

SETTINGS = """
SECRET_KEY = "x"
INSTALLED_APPS = {apps!r}
DATABASES = {{"default": {{"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MIGRATION_STAGES_SETTINGS = {{}}
"""
MANAGE = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
from django.core.management import execute_from_command_line
execute_from_command_line(sys.argv)
"""
POST = "from django.db import models\n\n\nclass Post(models.Model):\n    title = models.CharField(max_length=50)\n"
NOTE = "    note = models.CharField(max_length=50, null=True)\n"
CATEGORY = "\n\nclass Category(models.Model):\n    name = models.CharField(max_length=50)\n"
KEY = "    category = models.ForeignKey('Category', models.CASCADE, default=1)\n"
FILE = "blog/migrations/0002_category_post_category.py"


class Site:
    """A project with a first migration, whose models have got a required key since."""

    def __init__(self, root: Path, *apps: str, models: str = POST + KEY + CATEGORY, first: str = POST) -> None:
        self.root = root
        (root / "blog").mkdir(parents=True)
        (root / "blog/__init__.py").touch()
        (root / "manage.py").write_text(MANAGE)
        self.install(*(apps or ("migfix", "blog")))
        (root / "blog/models.py").write_text(first)
        self.manage("makemigrations", "blog", "--no-fix" if "migfix" in (apps or ("migfix",)) else "-v0")
        (root / "blog/models.py").write_text(models)

    def install(self, *apps: str) -> None:
        (self.root / "settings.py").write_text(SETTINGS.format(apps=list(apps)))

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = os.environ | {"PYTHONWARNINGS": "ignore", "PATH": "/usr/bin:/bin"}  # without black
        return subprocess.run(
            [sys.executable, "manage.py", *arguments],
            cwd=self.root,
            capture_output=True,
            text=True,
            check=False,
            env=environment,
            stdin=subprocess.DEVNULL,
        )

    def typed(self, answer: bytes, *arguments: str) -> tuple[int, str]:
        """The exit code and what a terminal shows when ``answer`` is typed at migfix's question, if there is one."""
        answers = [] if "--noinput" in arguments else [answer]
        return typed([sys.executable, "manage.py", *arguments], self.root, answers)

    def is_rewritten(self, file: str = FILE) -> bool:
        return "def seed_category" in (self.root / file).read_text()


class Started(Site):
    """A project as ``django-admin startproject`` writes it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        subprocess.run([sys.executable, "-m", "django", "startproject", "site_", "."], cwd=root, check=True)


TOLD = """migfix:
blog/migrations/0002_category_post_category.py:21: MIG101 seed-default-row: existing blog.Post rows will get \
category=1, but blog.Category has no row 1.
  fix: seed_category() creates it in a RunPython before the AddField.
  row: blog.Category(pk=1, name="Category 1")
--- a/blog/migrations/0002_category_post_category.py
"""


@pytest.mark.parametrize(
    ("answer", "is_yes"), [(b"y\n", True), (b"yes\n", True), (b"n\n", False), (b"\n", False), (b"\x04", False)]
)
def test_one_question(tmp_path: Path, answer: bytes, is_yes: bool) -> None:
    site = Site(tmp_path / "site")
    code, shown = site.typed(answer, "makemigrations")
    assert code == 0, shown
    assert TOLD in shown
    assert site.is_rewritten() is is_yes
    left = f"Nothing was rewritten. To fix it later: migfix apply {FILE}\n"
    assert ("1 file rewritten\n" in shown, left in shown) == (is_yes, not is_yes)
    assert site.manage("makemigrations", "--check").returncode == 0
    assert site.manage("migrate").returncode == 0


def test_decisions_are_asked_for(tmp_path: Path) -> None:
    """First what a person must decide, then whether to write it. Without a terminal nothing is asked."""
    unique = POST.replace("max_length=50", "max_length=50, unique=True")
    site = Site(tmp_path / "site", models=unique)
    command = [sys.executable, "manage.py", "makemigrations"]
    code, shown = typed(command, site.root, [b"suffix\n", b"y\n"])
    assert code == 0, shown
    assert "blog.Post.title: stop, first, suffix or null (empty to skip): " in shown
    assert "number_equal_post_title() adds a number to later rows" in shown
    assert shown.endswith("1 file rewritten\n"), shown
    assert "can't fix" not in shown
    assert site.manage("migrate").returncode == 0
    other = Site(tmp_path / "other", models=unique)
    assert "--duplicates blog.Post.title=CHOICE" in other.manage("makemigrations").stdout


def test_from_startproject_to_a_fixed_migration(tmp_path: Path) -> None:
    """Only the steps of the README. One question is asked in addition to Django's own."""
    site = Started(tmp_path)
    site.manage("startapp", "blog")
    settings = site.root / "site_/settings.py"
    settings.write_text(
        settings.read_text().replace("INSTALLED_APPS = [\n", 'INSTALLED_APPS = [\n    "migfix",\n    "blog",\n')
    )
    (site.root / "blog/models.py").write_text(POST)
    code, shown = typed([sys.executable, "manage.py", "makemigrations"], site.root, [])
    assert (code, "migfix" in shown) == (0, False), shown
    assert site.manage("migrate").returncode == 0
    rows = "from blog.models import Post; Post.objects.create(title='First'); Post.objects.create(title='Second')"
    assert site.manage("shell", "-c", rows).returncode == 0
    (site.root / "blog/models.py").write_text(POST + KEY.replace(", default=1", "") + CATEGORY)
    of_django = [b"1\n", b"1\n"]  # provide a one-off default now: 1
    code, shown = typed([sys.executable, "manage.py", "makemigrations"], site.root, [*of_django, b"y\n"])
    assert (code, shown.count("Fix? [y/N]")) == (0, 1), shown
    assert shown.endswith("1 file rewritten\n")
    for arguments in (["migrate"], ["migrate", "blog", "0001"], ["migrate"], ["makemigrations", "--check"]):
        result = site.manage(*arguments)
        assert result.returncode == 0, result.stdout + result.stderr
    told = site.manage("shell", "-v0", "-c", "from blog.models import Post; print(Post.objects.get(pk=2).category.pk)")
    assert told.stdout == "1\n"


def test_ctrl_c_at_the_question(tmp_path: Path) -> None:
    site = Site(tmp_path / "site")
    code, shown = site.typed(b"\x03", "makemigrations")
    assert (code, site.is_rewritten()) == (0, False), shown


@pytest.mark.parametrize("flag", [(), ("--noinput",)])
def test_no_question_without_a_terminal(tmp_path: Path, flag: tuple[str, ...]) -> None:
    site = Site(tmp_path / "site")
    result = site.manage("makemigrations", *flag)
    assert TOLD in result.stdout
    assert "[y/N]" not in result.stdout
    assert result.stdout.endswith(f"Nothing was rewritten. To fix it later: migfix apply {FILE}\n")
    assert (result.returncode, site.is_rewritten()) == (0, False)


def test_no_question_with_noinput(tmp_path: Path) -> None:
    site = Site(tmp_path / "site")
    code, shown = site.typed(b"y\n", "makemigrations", "--noinput")
    assert (code, "[y/N]" in shown, site.is_rewritten()) == (0, False, False)


@pytest.mark.parametrize(
    ("said", "flag", "is_told", "is_rewritten"),
    [
        ("ask", "--fix", True, True),
        ("off", "--fix", True, True),
        ("fix", "", True, True),
        ("fix", "--no-fix", False, False),
        ("show", "", True, False),
        ("off", "", False, False),
    ],
)
def test_choices(tmp_path: Path, said: str, flag: str, is_told: bool, is_rewritten: bool) -> None:
    site = Site(tmp_path / "site")
    (site.root / "pyproject.toml").write_text(f'[tool.migfix]\nafter-makemigrations = "{said}"\n')
    result = site.manage("makemigrations", *filter(None, [flag]))
    assert result.returncode == 0, result.stderr
    assert (TOLD in result.stdout, site.is_rewritten()) == (is_told, is_rewritten)


@pytest.mark.parametrize("flags", [("--dry-run",), ("--check",), ("--dry-run", "--check")])
def test_nothing_is_written_where_django_writes_nothing(tmp_path: Path, flags: tuple[str, ...]) -> None:
    site = Site(tmp_path / "site")
    before = contents(site.root)
    with_hook = site.manage("makemigrations", "--fix", *flags)
    assert contents(site.root) == before
    site.install("blog")
    without = site.manage("makemigrations", *flags)
    assert (with_hook.returncode, with_hook.stdout) == (without.returncode, without.stdout)


def test_empty_and_clean_files_are_silent(tmp_path: Path) -> None:
    site = Site(tmp_path / "site", models=POST + NOTE)
    assert "migfix" not in site.manage("makemigrations", "--fix").stdout
    assert "migfix" not in site.manage("makemigrations", "--empty", "blog", "--fix").stdout


def test_merge(tmp_path: Path) -> None:
    """A merge is written as usual, and migfix doesn't check it."""
    site = Site(tmp_path / "site")
    site.manage("makemigrations", "--fix")
    first = (site.root / "blog/migrations/0001_initial.py").read_text()
    other = first.replace("dependencies = [\n    ]", "dependencies = [('blog', '0001_initial')]")
    other = other.replace("name='Post'", "name='Other'").replace("initial = True", "")
    (site.root / "blog/migrations/0002_other.py").write_text(other)
    result = site.manage("makemigrations", "--merge", "--noinput", "--fix")
    assert result.returncode == 0, result.stderr
    assert "Created new merge migration" in result.stdout
    assert "migfix" not in result.stdout


ONE_MORE = """
from dataclasses import replace
from pathlib import Path

from django.apps import AppConfig


class BlogConfig(AppConfig):
    name = "blog"

    def ready(self):
        import migfix.commands.makemigrations

        plain = migfix.commands.makemigrations.run

        def with_one_more(paths, config):
            outcome = plain(paths, config)
            path = str(Path(paths[0]).with_name("0003_more.py"))
            content = b"from django.db import migrations\\nclass Migration(migrations.Migration):\\n"
            content += b"    dependencies = [('blog', '0002_category_post_category')]\\n"
            plan = replace(
                outcome.plan, before={**outcome.plan.before, path: None}, after={**outcome.plan.after, path: content}
            )
            return replace(outcome, plan=plan)

        migfix.commands.makemigrations.run = with_one_more
"""


def test_scriptable(tmp_path: Path) -> None:
    """Only the written paths are on stdout, including files that a rewrite adds."""
    site = Site(tmp_path / "site")
    (site.root / "blog/apps.py").write_text(ONE_MORE)
    result = site.manage("makemigrations", "--scriptable", "--fix")
    assert result.returncode == 0, result.stderr
    assert result.stdout == f"{FILE}\nblog/migrations/0003_more.py\n"
    assert TOLD in result.stderr
    assert site.manage("migrate").returncode == 0


UPDATE = (
    "CommandError: --update can't carry the functions of 'blog.0002_category_post_category' over: Django would write a "
    "file that can't be loaded. Undo the fix first (migfix undo), update, and let migfix fix it again. Or don't use "
    "--update.\n"
)


def test_update_over_a_rewritten_file(tmp_path: Path) -> None:
    """Django would write ``blog.migrations.0002_….seed_category``, which isn't valid Python."""
    site = Site(tmp_path / "site")
    site.manage("makemigrations", "--fix")
    assert site.is_rewritten()
    models = (site.root / "blog/models.py").read_text()
    (site.root / "blog/models.py").write_text(
        models.replace("title = ", "subtitle = models.TextField(null=True)\n    title = ")
    )
    before = contents(site.root)
    refused = site.manage("makemigrations", "--update")
    assert (refused.returncode, refused.stderr) == (1, UPDATE)
    assert contents(site.root) == before
    assert site.manage("migfix", "undo").returncode == 0
    updated = site.manage("makemigrations", "--update", "--fix")
    assert updated.returncode == 0, updated.stderr
    assert site.manage("makemigrations", "--check").returncode == 0
    (file,) = (site.root / "blog/migrations").glob("0002*")
    assert "def seed_category" in file.read_text()


def test_quiet(tmp_path: Path) -> None:
    site = Site(tmp_path / "site")
    result = site.manage("makemigrations", "-v", "0", "--fix")
    assert (result.returncode, result.stdout, site.is_rewritten()) == (0, "", True)


def test_the_configuration_is_that_of_the_project(tmp_path: Path) -> None:
    """This is also true for an app in a folder with its own pyproject.toml."""
    site = Site(tmp_path / "site")
    (site.root / "pyproject.toml").write_text('[tool.migfix]\nafter-makemigrations = "fix"\n')
    (site.root / "blog/pyproject.toml").write_text('[tool.migfix]\nafter-makemigrations = "off"\n')
    assert site.manage("makemigrations").returncode == 0
    assert site.is_rewritten()


BROKEN = """
from django.apps import AppConfig


class BlogConfig(AppConfig):
    name = "blog"

    def ready(self):
        import migfix.commands.makemigrations

        def fail(*args, **kwargs):
            raise ZeroDivisionError("of ours")

        migfix.commands.makemigrations.run = fail
"""


def test_a_bug_of_migfix_breaks_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path / "site")
    (site.root / "blog/apps.py").write_text(BROKEN)
    result = site.manage("makemigrations", "--fix")
    assert result.returncode == 0
    told = "migfix: ZeroDivisionError: of ours. This is a bug in migfix, please report it. Nothing was rewritten.\n"
    assert result.stdout.endswith(told)
    assert (site.root / FILE).exists()
    assert not site.is_rewritten()


def test_a_configuration_that_cannot_be_used_breaks_nothing(tmp_path: Path) -> None:
    site = Site(tmp_path / "site")
    (site.root / "pyproject.toml").write_text("[tool.migfix]\nselekt = []\n")
    result = site.manage("makemigrations", "--fix")
    told = f"migfix: {site.root}/pyproject.toml: [tool.migfix] has no key `selekt`. Did you mean `select`? "
    assert result.stdout.endswith(told + "The files are as makemigrations wrote them.\n")
    assert (site.root / FILE).exists()


@pytest.mark.parametrize("said", ["[tool.black]\nline-length = 100", "[tool.ruff]\nline-length = 100"])
def test_line_length_of_the_project(tmp_path: Path, said: str) -> None:
    site = Site(tmp_path / "site")
    (site.root / "pyproject.toml").write_text(said)
    models = (site.root / "blog/models.py").read_text()
    models = models.replace("name = ", "a = models.IntegerField()\n    name = ")
    (site.root / "blog/models.py").write_text(models)
    site.manage("makemigrations", "--fix")
    lines = (site.root / FILE).read_text().partition("class Migration")[0].splitlines()
    assert 88 < max(map(len, lines)) <= 100


def test_manage_migfix(tmp_path: Path) -> None:
    """The same commands, proven by Django with the project's settings, and call_command."""
    site = Site(tmp_path / "site")
    site.manage("makemigrations", "--no-fix")
    assert site.manage("migfix", "check", "blog").returncode == 1
    applied = site.manage("migfix", "apply", "blog")
    assert (applied.returncode, applied.stdout.endswith("1 file rewritten\n")) == (0, True), applied.stderr
    assert "--interactive" in site.manage("migfix", "apply", "--help").stdout or site.is_rewritten()
    assert site.manage("migfix", "undo").stdout == f"{FILE}: restored\n"
    code = "from django.core.management import call_command; call_command('migfix', 'apply', 'blog')"
    assert "1 file rewritten" in site.manage("shell", "-v0", "-c", code).stdout
    broken = site.root / "blog/models.py"
    broken.write_text("import nowhere\n" + broken.read_text())
    assert site.manage("migfix", "apply", "blog").returncode != 0


def test_hidden_hook(tmp_path: Path) -> None:
    """If Django finds another makemigrations first, a system check reports it."""
    site = Site(tmp_path / "site")
    command = site.root / "blog/management/commands/makemigrations.py"
    command.parent.mkdir(parents=True)
    command.write_text("from django.core.management.commands.makemigrations import Command\n")
    assert site.manage("check").stderr == ""
    site.install("blog", "migfix")
    assert site.manage("check").stderr.startswith(
        "System check identified some issues:\n\nWARNINGS:\n?: (migfix.W001) blog comes before migfix in "
        "INSTALLED_APPS and has its own makemigrations, so migfix doesn't see the migrations that are "
        "written.\n\tHINT: Put 'migfix' above 'blog' in INSTALLED_APPS. Its makemigrations then runs inside migfix's.\n"
    )


PACKAGES = ["django_linear_migrations", "syzygy", "django_migration_linter"]


@pytest.mark.parametrize("package", PACKAGES)
def test_with_other_packages(tmp_path: Path, package: str) -> None:
    """Their makemigrations runs inside migfix's: its options exist, it does its work, and the check is silent."""
    if importlib.util.find_spec(package) is None:
        pytest.skip(f"{package} isn't installed")
    site = Site(tmp_path / "site", "migfix", package, "blog")
    if package == "django_linear_migrations":
        site.manage("create_max_migration_files")
    option = {"syzygy": "--disable-syzygy", "django_migration_linter": "--lint"}.get(package, "--fix")
    assert option in site.manage("makemigrations", "--help").stdout
    # syzygy can't put these operations into stages, with or without migfix
    result = site.manage("makemigrations", "--fix", *([option] if package == "syzygy" else []))
    assert result.returncode == 0, result.stderr
    assert TOLD in result.stdout
    assert site.is_rewritten()
    if package == "django_linear_migrations":
        assert (site.root / "blog/migrations/max_migration.txt").read_text() == f"{Path(FILE).stem}\n"
    assert "migfix.W001" not in site.manage("check").stderr
    assert site.manage("makemigrations", "--check").returncode == 0
    assert site.manage("migrate").returncode == 0
    site.install(package, "migfix", "blog")
    assert f"(migfix.W001) {package} comes before migfix" in site.manage("check").stderr


def test_operations_of_syzygy(tmp_path: Path) -> None:
    """syzygy's own operations, with their stages, are left as it wrote them."""
    if importlib.util.find_spec("syzygy") is None:
        pytest.skip("syzygy isn't installed")
    site = Site(tmp_path / "site", "migfix", "syzygy", "blog", models=POST + NOTE.replace("null=True", "default=str"))
    (site.root / "blog/models.py").write_text(POST + "    rank = models.IntegerField(default=3)\n")
    result = site.manage("makemigrations", "--fix")
    assert result.returncode == 0, result.stderr
    assert "syzygy" in "".join(path.read_text() for path in (site.root / "blog/migrations").glob("000[2-9]*.py"))
    assert "MIG002" in result.stdout
    assert "rewritten" not in result.stdout
    assert site.manage("migrate").returncode == 0


def test_all_packages_at_once(tmp_path: Path) -> None:
    if not all(map(importlib.util.find_spec, PACKAGES)):
        pytest.skip("they aren't all installed")
    site = Site(tmp_path / "site", "migfix", *PACKAGES, "blog")
    assert "def seed_category" not in site.manage("makemigrations", "--dry-run").stdout
    assert site.manage("makemigrations", "--fix").returncode == 0
    assert site.is_rewritten()


def test_a_file_that_the_linter_has_deleted(tmp_path: Path) -> None:
    """The linter's makemigrations deletes a file that it rejects, so migfix has nothing to check."""
    if importlib.util.find_spec("django_migration_linter") is None:
        pytest.skip("django_migration_linter isn't installed")
    models = POST + "    rank = models.IntegerField(default=3)\n"
    site = Site(tmp_path / "site", "migfix", "django_migration_linter", "blog", models=models)
    result = site.manage("makemigrations", "--lint", "--noinput", "--fix")
    assert "Deleted blog/migrations/0002_post_rank.py" in result.stdout, result.stderr
    assert "migfix" not in result.stdout


def test_a_file_in_an_installed_package(tmp_path: Path) -> None:
    """makemigrations writes it where the key type of the project differs from that of the package."""
    labels = tmp_path / "lib/python3.11/site-packages/labels"
    (labels / "migrations").mkdir(parents=True)
    for folder in (labels, labels / "migrations"):
        (folder / "__init__.py").touch()
    (labels / "models.py").write_text(POST.replace("Post", "Label"))
    (labels / "migrations/0001_initial.py").write_text(
        "from django.db import migrations, models\n\n\nclass Migration(migrations.Migration):\n"
        '    initial = True\n    operations = [migrations.CreateModel("Label", [("id", models.AutoField('
        'auto_created=True, primary_key=True, serialize=False, verbose_name="ID")), '
        '("title", models.CharField(max_length=50))])]\n'
    )
    record = labels.parent / "django_labels-1.0.dist-info/RECORD"
    record.parent.mkdir()
    record.write_text("labels/migrations/__init__.py,,\nlabels/migrations/0001_initial.py,,\n")
    key = POST + "    label = models.ForeignKey('labels.Label', models.CASCADE, null=True)\n"
    site = Site(tmp_path / "project", models=key)
    site.install("migfix", "blog", "labels")
    manage = site.root / "manage.py"
    manage.write_text(f"import sys\nsys.path.append({str(labels.parent)!r})\n{MANAGE}")
    result = site.manage("makemigrations", "--no-input")
    stray = labels / "migrations/0002_alter_label_id.py"
    assert stray.is_file(), result.stdout + result.stderr
    assert f"migfix: makemigrations wrote {stray} into an installed package." in result.stdout
    assert "('labels', '0001_initial')" not in (site.root / "blog/migrations/0002_post_label.py").read_text()
    for path in (stray, site.root / "blog/migrations/0002_post_label.py"):
        path.unlink()
    fixed = site.manage("makemigrations", "--no-input", "--fix")
    assert f"{stray}: deleted" in fixed.stdout, fixed.stdout + fixed.stderr
    assert not stray.exists()
    written = (site.root / "blog/migrations/0002_post_label.py").read_text()
    assert "0001_initial" in written.partition("labels")[2], fixed.stdout
