"""MIG207 gives files other numbers: what else names them follows, and undo brings the names back."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from cases import FIXTURES, Case, contents
from conftest import Migfix


def project(root: Path, name: str) -> tuple[Path, Case]:
    case = Case(FIXTURES / "follow_other_leaf" / name)
    return case.copy_before(root / "project"), case


def files(root: Path) -> dict[str, bytes]:
    return {
        path: content for path, content in contents(root).items() if path.partition("/")[0] not in (".git", ".migfix")
    }


def test_undo(tmp_path: Path, forked: Migfix) -> None:
    root, case = project(tmp_path, "other_app_depends")
    before = files(root)
    assert forked("apply", *case.config["paths"], cwd=root).returncode == 0
    assert "blog/migrations/0003_stars.py" in files(root)
    assert "blog/migrations/0002_stars.py" not in files(root)
    assert forked("undo", cwd=root).returncode == 0
    assert files(root) == before


def test_reports(tmp_path: Path, forked: Migfix) -> None:
    """JSON has both names. A fix of SARIF can't rename a file, and leaves the number."""
    root, case = project(tmp_path, "two_files")
    found = json.loads(forked("diff", *case.config["paths"], "--output-format", "json", cwd=root).stdout)
    assert [each["path"] for each in found["files"]] == [
        f"blog/migrations/{name}.py" for name in ("0002_stars", "0003_likes", "0003_stars", "0004_likes")
    ]
    assert [each["is_new"] for each in found["files"]] == [False, False, True, True]
    (run,) = json.loads(forked("check", *case.config["paths"], "--output-format", "sarif", cwd=root).stdout)["runs"]
    (fix,) = run["results"][0]["fixes"]
    assert [each["artifactLocation"]["uri"] for each in fix["artifactChanges"]] == ["blog/migrations/0002_stars.py"]


def test_page(tmp_path: Path, forked: Migfix) -> None:
    root, case = project(tmp_path, "two_files")
    page = tmp_path / "page.html"
    result = forked("apply", *case.config["paths"], "--html", str(page), cwd=root)
    assert result.returncode == 0, result.stderr
    assert "0004_likes.py" in page.read_text()


def test_compared_with_the_names_before(tmp_path: Path, forked: Migfix) -> None:
    """``verify --compare`` after ``apply`` runs the original under its old name."""
    root, case = project(tmp_path, "behind_the_deployed_one")
    settings = 'SECRET_KEY = "x"\nINSTALLED_APPS = ["blog"]\nDEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"\n'
    database = 'DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "x.sqlite3"}}\n'
    (root / "settings.py").write_text(settings + database)
    (root / "manage.py").touch()
    assert forked("apply", *case.config["paths"], cwd=root).returncode == 0
    options = ("--settings", "settings", "--engine", "sqlite", "--compare", "--json")
    result = forked("verify", *case.paths_after, *options, cwd=root)
    assert result.returncode == 0, result.stdout + result.stderr
    trials = json.loads(result.stdout)["trials"]
    assert [each["version"] for each in trials] == ["original", "rewritten"]
    assert any("Conflicting migrations" in json.dumps(each) for each in trials[:1])


def test_a_name_that_is_taken(tmp_path: Path, forked: Migfix) -> None:
    """The file keeps its number if another one has the name."""
    root, case = project(tmp_path, "behind_the_deployed_one")
    taken = root / "blog/migrations/0003_stars.py"
    text = (root / "blog/migrations/0002_rank.py").read_text()
    taken.write_text(
        text.replace("0001_initial", "0002_rank").replace("rank", "place").replace("0002_place", "0002_rank")
    )
    subprocess.run(["git", "add", "--force", str(taken)], cwd=root, check=True)
    forked("apply", *case.config["paths"], cwd=root)
    assert "blog/migrations/0002_stars.py" in files(root)


def test_max_migration_of_three_leaves(tmp_path: Path, forked: Migfix) -> None:
    root, case = project(tmp_path, "three_leaves")
    companion = root / "blog/migrations/max_migration.txt"
    companion.write_text("0002_text\n")
    assert forked("apply", *case.config["paths"], cwd=root).returncode == 0
    assert companion.read_text() == "0004_text\n"


def test_a_file_that_is_imported_keeps_its_name(tmp_path: Path, forked: Migfix) -> None:
    root, case = project(tmp_path, "with_data_function")
    (root / "shop/migrations").mkdir(parents=True)
    importing = 'from importlib import import_module\n\nfill = import_module("blog.migrations.0002_fill").fill\n'
    migration = "\n\nclass Migration(migrations.Migration):\n    dependencies = []\n    operations = []\n"
    (root / "shop/migrations/0001_initial.py").write_text(f"from django.db import migrations\n{importing}{migration}")
    assert forked("apply", *case.config["paths"], cwd=root).returncode == 0
    assert "blog/migrations/0002_fill.py" in files(root)
