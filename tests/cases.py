"""The fixture cases: small projects before and after a rule is applied."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FIXTURES = Path(__file__).parents[1] / "fixtures"


@dataclass(frozen=True)
class Case:
    """One folder under ``fixtures/<rule>/``."""

    folder: Path

    def __str__(self) -> str:
        return self.name

    @property
    def name(self) -> str:
        return f"{self.rule}-{self.folder.name}"

    @property
    def rule(self) -> str:
        return self.folder.parent.name

    @property
    def config(self) -> dict[str, Any]:
        return _config(self.folder)

    @property
    def refusal(self) -> str | None:
        path = self.folder / "refusal.txt"
        return path.read_text() if path.exists() else None

    @property
    def is_rewritten(self) -> bool:
        return (self.folder / "after").is_dir()

    @property
    def paths_after(self) -> list[str]:
        """The named files, under the names that they have afterwards."""
        renamed = self.config.get("renamed", {})
        return [renamed.get(path, path) for path in self.config["paths"]]

    def copy_before(self, target: Path) -> Path:
        """Copy the original project, with the models that makemigrations saw last.

        With a folder ``base``, that is committed to ``main`` before.
        """
        if (self.folder / "base").is_dir():
            shutil.copytree(self.folder / "base", target)
            commit(target)
            for path in [path for path in target.iterdir() if path.name != ".git"]:
                shutil.rmtree(path) if path.is_dir() else path.unlink()
        shutil.copytree(self.folder / "before", target, dirs_exist_ok=True)
        steps = sorted((self.folder / "models").iterdir()) if (self.folder / "models").is_dir() else []
        for path in steps[-1].glob("*.py") if steps else ():
            shutil.copy(path, target / path.stem / "models.py")
        return target

    def copy_after(self, target: Path) -> Path:
        self.copy_before(target)
        if self.is_rewritten:
            shutil.copytree(self.folder / "after", target, dirs_exist_ok=True)
        for path in self.config.get("renamed", {}):
            (target / path).unlink()
        return target


@cache
def _config(folder: Path) -> dict[str, Any]:
    """The options of a case, read once: they are asked for many times while the tests are collected."""
    return tomllib.loads((folder / "case.toml").read_text())


def commit(project: Path) -> None:
    """Make a git repository of a project, with everything on the branch ``main``."""
    identity = ["-c", "user.name=x", "-c", "user.email=x@example.com", "-c", "init.defaultBranch=main"]
    for arguments in (["init", "-q"], ["add", "--force", "."], ["commit", "-q", "--message", "deploy"]):
        subprocess.run(["git", *identity, *arguments], cwd=project, check=True, capture_output=True)


def all_cases() -> list[Case]:
    return [Case(path.parent) for path in sorted(FIXTURES.glob("*/*/case.toml"))]


def contents(folder: Path) -> dict[str, bytes]:
    """The content of every file below a folder, by path."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not {"__pycache__", ".migfix", ".git"} & set(path.parts)
    }
