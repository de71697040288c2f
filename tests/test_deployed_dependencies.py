"""A dependency added to a deployed file is applied wherever the file is, and rules don't contradict each other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from cases import FIXTURES, Case
from conftest import Migfix
from projects import POST, git, migration, write_project

PHANTOM = FIXTURES / "drop_phantom_dependency"
FILE = "pages/migrations/0001_initial.py"


@pytest.fixture
def deployed(tmp_path: Path) -> Path:
    """A project whose only migration is on the default branch and depends on one that the package doesn't ship."""
    project = Case(PHANTOM / "gone_again_from_site_packages").copy_before(tmp_path / "project")
    git("init", cwd=project)
    git("add", "--force", ".", cwd=project)
    git("commit", "--message", "deploy", cwd=project)
    return project


def test_a_deployed_file_depends_on_the_oldest_migration_with_its_models(deployed: Path, forked: Migfix) -> None:
    result = forked("apply", FILE, "--select", "MIG205,MIG206", cwd=deployed)
    assert '("labels", "0001_initial")' in (deployed / FILE).read_text(), result.stdout
    assert "changes the dependency to labels.0001_initial, which is applied wherever this file is." in result.stdout
    again = forked("apply", FILE, "--select", "MIG205,MIG206", cwd=deployed)
    assert again.returncode == 0, again.stdout


def test_a_new_file_depends_on_the_newest_migration(deployed: Path, forked: Migfix) -> None:
    forked("apply", FILE, "--select", "MIG205", "--force", cwd=deployed)
    assert '("labels", "0002_more")' in (deployed / FILE).read_text()


def test_a_dependency_on_a_stray_file_is_replaced_by_its_parent(deployed: Path, forked: Migfix) -> None:
    folder = next(deployed.glob("venv/lib/*/site-packages/django_labels/migrations"))
    stray = (folder / "0002_more.py").read_text().replace("0001_initial", "0002_more")
    (folder / "0003_alter_tag_id.py").write_text(stray)
    result = forked("apply", FILE, "--select", "MIG205,MIG206", cwd=deployed)
    assert '("labels", "0002_more")' in (deployed / FILE).read_text(), result.stdout
    assert result.returncode == 0


def test_a_missing_dependency_is_never_guessed_to_be_the_file_itself(tmp_path: Path, forked: Migfix) -> None:
    project = write_project(
        tmp_path,
        {
            "blog/migrations/0001_initial.py": migration(POST, attributes="initial = True"),
            "blog/migrations/0003_data.py": migration("", ("blog", "0002_data")),
            "blog/migrations/0004_data.py": migration("", ("blog", "0003_data")),
        },
    )
    result = forked("check", "blog/migrations/0003_data.py", "--select", "MIG205", "--force", cwd=project)
    assert "perhaps 0001_initial, or restore its file." in result.stdout, result.stdout
    shutil.rmtree(project / "blog/migrations/__pycache__", ignore_errors=True)
    (project / "blog/migrations/0001_initial.py").unlink()
    result = forked("check", "blog/migrations/0003_data.py", "--select", "MIG205", "--force", cwd=project)
    assert "next: Depend on the right one, or restore its file." in result.stdout
