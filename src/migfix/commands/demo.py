"""``migfix demo``: a blog with rows on SQLite, a migration that fails on them, the fix, and the result."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

Echo = Callable[[str], object]

MANAGE = """
import os
import sys

from django.core.management import execute_from_command_line

os.environ["DJANGO_SETTINGS_MODULE"] = "settings"
execute_from_command_line(sys.argv)
"""
SETTINGS = """
SECRET_KEY = "demo"
INSTALLED_APPS = ["blog"]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
"""
BEFORE = """from django.db import models


class Post(models.Model):
    title = models.CharField(max_length=50)
"""
AFTER = """from django.db import models


class Category(models.Model):
    name = models.CharField(max_length=50)


class Post(models.Model):
    title = models.CharField(max_length=50)
    category = models.ForeignKey(Category, on_delete=models.CASCADE)
"""
ROWS = """
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("INSERT INTO blog_post (title) VALUES ('First'), ('Second')")
"""
INSERT = """
from blog.models import Category, Post
news = Category.objects.create(name="News")
Post.objects.create(title="Third", category=news)
for post in Post.objects.select_related("category"):
    print(f"{post.title}: {post.category.name}")
"""
MIGRATION = "blog/migrations/0002_category_post_category.py"


def run_demo(echo: Echo) -> bool:
    """Create the project in a temporary folder and print each step. Returns whether all steps ended as expected."""
    with tempfile.TemporaryDirectory(prefix="migfix-demo-") as folder:
        return _Demo(Path(folder), echo).run()


class _Demo:
    def __init__(self, folder: Path, echo: Echo) -> None:
        self.folder = folder
        self.echo = echo
        self.is_right = True

    def run(self) -> bool:
        self.echo("A blog with one model, and two posts in the database.")
        self.write(BEFORE)
        self.manage("makemigrations blog")
        self.manage("migrate")
        self.manage("shell -c", ROWS)
        self.echo("\nPosts get a required category. makemigrations asks for a default, and we answer 1.")
        self.write(AFTER)
        self.manage("makemigrations blog", answers="1\n1\n")
        self.echo(f"  wrote {MIGRATION}")
        self.step("python manage.py migrate", *self.manage("migrate"), is_ok=False)
        self.step(f"migfix diff {MIGRATION} --engine sqlite", *self.run_migfix("diff"), is_ok=None)
        self.step(f"migfix apply {MIGRATION} --engine sqlite", *self.run_migfix("apply"))
        self.step("python manage.py migrate", *self.manage("migrate"))
        self.step("python manage.py migrate blog 0001", *self.manage("migrate blog 0001"))
        self.step("python manage.py migrate", *self.manage("migrate"))
        self.step("python manage.py makemigrations --check", *self.manage("makemigrations --check"))
        self.step("and an ordinary insert", *self.manage("shell -v0 -c", INSERT))
        self.echo("\nForward, back, forward, with the rows that were there." if self.is_right else "\nThe demo failed.")
        return self.is_right

    def write(self, models: str) -> None:
        package = self.folder / "blog"
        package.mkdir(exist_ok=True)
        (package / "__init__.py").touch()
        (package / "models.py").write_text(models)
        (self.folder / "settings.py").write_text(SETTINGS)
        (self.folder / "manage.py").write_text(MANAGE)

    def step(self, title: str, code: int, output: str, is_ok: bool | None = True) -> None:
        """Print a command and its output. Record whether it succeeded or failed as ``is_ok`` expects; None: either."""
        self.echo(f"\n$ {title}")
        self.echo("".join(f"  {line}\n" for line in output.rstrip().splitlines()).rstrip("\n"))
        self.is_right &= is_ok is None or (code == 0) == is_ok

    def manage(self, command: str, text: str | None = None, answers: str = "") -> tuple[int, str]:
        arguments = [*command.split(), *([text] if text else [])]
        code, output = self._run([sys.executable, "manage.py", *arguments], answers)
        return code, output if code == 0 else output.strip().splitlines()[-1]

    def run_migfix(self, verb: str) -> tuple[int, str]:
        return self._run([sys.executable, "-m", "migfix", verb, MIGRATION, "--engine", "sqlite"], "")

    def _run(self, command: list[str], answers: str) -> tuple[int, str]:
        environment = {name: value for name, value in os.environ.items() if not name.startswith("DJANGO_")}
        result = subprocess.run(
            command,
            cwd=self.folder,
            input=answers,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env=environment,
            check=False,
        )
        return result.returncode, result.stdout
