"""The pre-commit hooks, run by pre-commit itself: from its own environment, on the staged files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from cases import FIXTURES, Case, contents
from projects import git

CHECKOUT = Path(__file__).parents[1]
FILE = "blog/migrations/0002_post_rank.py"
HOOKS = """
repos:
  - repo: {repository}
    rev: {revision}
    hooks:
      - id: {hook}
"""


def pre_commit(folder: Path, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "pre_commit", "run"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PRE_COMMIT_HOME": str(home)},
    )


def released(target: Path) -> str:
    """Copy this checkout as it is now into a new repository, and return the commit."""
    listed = git("ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=CHECKOUT).split("\0")
    for name in filter(None, listed):
        if not name.startswith(("fixtures/", "tests/")) and (CHECKOUT / name).is_file():
            (target / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(CHECKOUT / name, target / name)
    git("init", cwd=target)
    git("add", ".", cwd=target)
    git("commit", "-m", "release", cwd=target)
    return git("rev-parse", "HEAD", cwd=target).strip()


def test_both_hooks(tmp_path: Path) -> None:
    """A split: one file is changed and another is added. Files that aren't staged are left alone."""
    (tmp_path / "release").mkdir()
    revision, home = released(tmp_path / "release"), tmp_path / "home"
    folder = Case(FIXTURES / "isolate_concurrent_index/after_field").copy_before(tmp_path / "site")
    (after,) = [path.name for path in (FIXTURES / "isolate_concurrent_index/after_field/after").rglob("0003*.py")]
    (folder / "pyproject.toml").write_text('[tool.migfix]\nsettings = "nowhere"\ndatabases = ["default"]\n')
    config = folder / ".pre-commit-config.yaml"
    config.write_text(HOOKS.format(repository=tmp_path / "release", revision=revision, hook="migfix-check"))
    (file,) = sorted(folder.glob("blog/migrations/0002*.py"))
    git("init", cwd=folder)
    git("add", "blog/migrations/0001_initial.py", "blog/__init__.py", str(config), "pyproject.toml", cwd=folder)
    git("commit", "-m", "deployed", cwd=folder)
    before = contents(folder / "blog")

    assert "(no files to check)Skipped" in pre_commit(folder, home).stdout
    git("add", str(file), cwd=folder)
    checked = pre_commit(folder, home)
    assert checked.returncode == 1, checked.stdout + checked.stderr
    assert "MIG500 isolate-concurrent-index" in checked.stdout
    assert contents(folder / "blog") == before

    config.write_text(config.read_text().replace("migfix-check", "migfix"))
    git("add", str(config), cwd=folder)
    applied = pre_commit(folder, home)
    assert applied.returncode == 1, applied.stdout + applied.stderr
    name = file.relative_to(folder).as_posix()
    told = f"To add it to the commit: git add {name} blog/migrations/{after}\n"
    assert told in applied.stdout
    assert "files were modified by this hook" in applied.stdout
    git("add", name, f"blog/migrations/{after}", cwd=folder)
    again = pre_commit(folder, home)
    assert again.returncode == 0, again.stdout

    (folder / "db").mkdir()
    (folder / "blog/migrations").rename(folder / "db/blog")  # as with MIGRATION_MODULES
    (folder / "pyproject.toml").write_text('[tool.migfix]\nmigration-modules = { blog = "db.blog" }\n')
    (folder / "db/blog" / file.name).write_bytes(before[f"migrations/{file.name}"])
    git("add", "--all", cwd=folder)
    elsewhere = pre_commit(folder, home)
    assert elsewhere.returncode == 1, elsewhere.stdout
    assert f"db/blog/{file.name}" in elsewhere.stdout
