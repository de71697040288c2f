"""What git knows about a project: which files are new, and which may be deployed."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from migfix.errors import MigfixError
from migfix.project.files import repository_of
from migfix.project.git.bases import Bases, called
from migfix.project.git.command import Git, why_unreadable


class UnknownBase(MigfixError):
    """It is unknown which files are deployed, because the default branch isn't here."""


@dataclass(frozen=True, eq=False, repr=False)
class Repository:
    """The git work tree around a folder. A file on the default branch's upstream may be deployed."""

    folder: Path
    since: str | None = None
    """The commit that the user named instead of the default branch."""
    is_base_needed: bool = True
    """False if every migration is wanted, even if it is unknown what is deployed."""

    @cached_property
    def top(self) -> Path | None:
        """The top folder of the work tree, also of a submodule or another worktree; None outside git.

        Raises UnknownBase if there is a repository that git can't read, unless ``is_base_needed`` is False.
        """
        top = repository_of(self.folder)
        reason = why_unreadable(top) if top else ""
        if reason and self.is_base_needed:
            raise UnknownBase(
                f"git can't determine which migrations of {top} are deployed: {reason}.",
                "Fix that, or use --all for every migration.",
            )
        return None if reason else top

    def holder(self, path: str) -> Repository:
        """The repository that a file is in: this one, a submodule of it, or the one around it."""
        folder, _ = os.path.split(path)
        if folder not in self._holders:
            top = repository_of(Path(folder))
            if top is None or top == self.top:
                self._holders[folder] = self
            else:
                known = (each for each in self._holders.values() if each.folder == top)
                self._holders[folder] = next(known, Repository(top, self.since, self.is_base_needed))
        return self._holders[folder]

    @cached_property
    def _holders(self) -> dict[str, Repository]:
        """Folder -> its repository."""
        return {}

    @cached_property
    def _git(self) -> Git:
        return Git(self.top or self.folder)

    @property
    def is_there(self) -> bool:
        """Whether the files are in a git work tree."""
        return self.top is not None

    def is_new(self, path: str) -> bool:
        """Whether the file isn't deployed according to git: it is on no base, or not in HEAD if there is no base."""
        git = self.holder(path)
        return git.top is not None and git._place(path) not in git._files

    def is_deployed(self, path: str) -> bool:
        """Whether the file is on one of the bases."""
        return self.holder(path).base is not None and not self.is_new(path)

    def is_unknown(self, path: str) -> bool:
        """Whether the file is committed, but there is no base, so that it may or may not be deployed."""
        git = self.holder(path)
        return self.is_base_needed and git.top is not None and git.base is None and not git.is_new(path)

    def demand_base(self) -> str:
        """The name of the commit that contains what may be deployed. Raises UnknownBase."""
        if self.base is None:
            raise UnknownBase(
                "git doesn't know the default branch here, so migfix can't determine which migrations are new.",
                f"Fetch it (git fetch {self.bases.remote} main), set it (git remote set-head "
                f"{self.bases.remote} -a), or use --since REF, or --all for every migration.",
            )
        return self.base

    def earlier(self, path: str) -> bytes | None:
        """The version of the file on the base if it has changed since; None otherwise."""
        git = self.holder(path)
        place = git._place(path) if git.top and git._changed else ""
        return git._git.output("cat-file", "blob", f"{git.base}:{place}") if place in git._changed else None

    def new_files(self) -> list[Path]:
        """The Python files that are untracked, staged or changed since the branch left the base.

        Raises UnknownBase.
        """
        untracked = self._git.listed("ls-files", "--others", "--exclude-standard", "--", "*.py")
        if self._head is None:
            return self._paths([*self._git.listed("ls-files", "--cached", "--", "*.py"), *untracked])
        self.demand_base()
        left = self.bases.left
        if left is None:
            raise UnknownBase(
                f"git can't determine where this branch left {self.base_name}: this clone doesn't reach back so far.",
                "Fetch the rest (git fetch --unshallow), or use --since REF, or --all for every migration.",
            )
        only = ["--no-renames", "--diff-filter=d", "--", "*.py"]
        return self._paths([*self._git.listed("diff", "--name-only", left, *only), *untracked])

    def staged_files(self) -> list[Path]:
        """The Python files that the next commit adds or changes.

        Raises MigfixError if one of them isn't in the work tree as it is staged.
        """
        staged = self._staged_files()
        others = set(staged).intersection(self._paths(self._git.listed("diff", "--name-only", "--", "*.py")))
        if others:
            raise MigfixError(
                f"{min(others)}: the staged version differs from the file on disk.",
                "Stage the rest (git add), or set it aside (git stash --keep-index).",
            )
        return staged

    def _staged_files(self) -> list[Path]:
        if self._head is None:
            return self._paths(self._git.listed("ls-files", "--cached", "--", "*.py"))
        return self._paths(
            self._git.listed("diff", "--name-only", "--cached", "--no-renames", "--diff-filter=d", "--", "*.py")
        )

    def base_of(self, path: str) -> str:
        """The short name of the base that a file is on."""
        git = self.holder(path)
        place = git._place(path)
        return called(next((base for base in git.bases.all if place in git._tree(base)), git.base or ""))

    @property
    def base_name(self) -> str:
        """The short name of the base: ``origin/main``."""
        return called(self.base or "")

    @property
    def base(self) -> str | None:
        """The first of the bases; None if there is none. Raises MigfixError if git doesn't know ``since``."""
        return next(iter(self.bases.all), None) if self.top else None

    @cached_property
    def bases(self) -> Bases:
        """The commits that contain what may be deployed."""
        return Bases(self._git, self.since)

    @cached_property
    def _files(self) -> frozenset[str]:
        return frozenset(place for tree in self.bases.all or filter(None, [self._head]) for place in self._tree(tree))

    @cached_property
    def _trees(self) -> dict[str, frozenset[str]]:
        return {}

    def _tree(self, tree: str) -> frozenset[str]:
        """The files of a commit. git is called once for each commit."""
        if tree not in self._trees:
            self._trees[tree] = frozenset(self._git.listed("ls-tree", "-r", "--name-only", "--full-tree", tree))
        return self._trees[tree]

    def gone(self, path: str) -> dict[str, bytes]:
        """Path -> content of the deployed migrations in the folder of ``path`` whose files have been deleted since."""
        git = self.holder(path)
        folder = git._place(path).rpartition("/")[0] if git.top else ""
        found = (place for place, status in git._changes.items() if status == "D") if git.top else ()
        return {
            str(git.top / place): git._git.output("cat-file", "blob", f"{git.bases.left}:{place}") or b""
            for place in found
            if git.top and place.rpartition("/")[0] == folder
        }

    def deleted(self) -> list[Path]:
        """The deployed migrations whose files have been deleted since."""
        return [self.top / place for place, status in sorted(self._changes.items()) if status == "D" and self.top]

    @cached_property
    def _changes(self) -> dict[str, str]:
        """Deployed migrations that were changed (M) or deleted (D) since the branch left the base. Most weren't."""
        only = ["--diff-filter=MD", "--no-renames", "--", ":(top,glob)**/*migrations*/*.py"]
        left = self.bases.left if self.top else None
        listed = self._git.listed("diff", "--name-status", left, *only) if left else []
        return dict(zip(listed[1::2], listed[::2], strict=True))

    @cached_property
    def _changed(self) -> frozenset[str]:
        return frozenset(place for place, status in self._changes.items() if status == "M")

    @cached_property
    def _head(self) -> str | None:
        """HEAD, or None on a branch without a commit."""
        return "HEAD" if self._git.output("rev-parse", "--verify", "--quiet", "HEAD") is not None else None

    def _place(self, path: str) -> str:
        folder, name = os.path.split(path)
        if folder not in self._places:
            place = os.path.relpath(folder, self.top).replace(os.sep, "/")
            self._places[folder] = "" if place == "." else f"{place}/"
        return self._places[folder] + name

    @cached_property
    def _places(self) -> dict[str, str]:
        """Folder -> its place below the top of the work tree."""
        return {}

    def _paths(self, places: Iterable[str]) -> list[Path]:
        assert self.top is not None
        found = (self.top / place for place in sorted(set(places)))
        return [path for path in found if path.is_file()]
