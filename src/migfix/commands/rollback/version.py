"""The migration files of a commit."""

from __future__ import annotations

import os
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path, PurePosixPath

from migfix.project.git.command import Git


@dataclass(frozen=True, eq=False)
class Version:
    """A commit of a repository."""

    git: Git
    commit: str

    @property
    def is_there(self) -> bool:
        """Whether git knows the commit."""
        return self.git.output("rev-parse", "--verify", "--quiet", f"{self.commit}^{{commit}}") is not None

    @cached_property
    def _folders(self) -> dict[str, dict[str, str]]:
        """Folder -> the names of its Python files -> what git calls their content."""
        found: dict[str, dict[str, str]] = {}
        for line in (self.git.output("ls-tree", "-r", "-z", "--full-tree", self.commit) or b"").split(b"\0"):
            about, _, name = line.partition(b"\t")
            path = PurePosixPath(os.fsdecode(name))
            if path.suffix == ".py":
                found.setdefault(str(path.parent), {})[path.stem] = about.split()[-1].decode()
        return found

    def files(self, folder: Path) -> dict[str, str]:
        """The files in a folder of the work tree, each with its content."""
        return self._folders.get(self._place(folder), {})

    def elsewhere(self, folder: Path, names: set[str]) -> str:
        """The folder in which the commit has migrations of these names, of an app of this name; "" if there is none."""
        contents = {self.content(folder / f"{name}.py") for name in names} - {""}
        for place, files in self._folders.items():
            shared = names & files.keys()
            is_of_the_name = PurePosixPath(place).parent.name == folder.parent.name
            if shared and (is_of_the_name or contents & {files[name] for name in shared}):
                return place
        return ""

    def content(self, path: Path) -> str:
        """What git calls the content of a file; "" if it isn't there."""
        return self.git.line("hash-object", "--no-filters", str(path)) if path.is_file() else ""

    def _place(self, folder: Path) -> str:
        return folder.relative_to(self.git.folder).as_posix()
